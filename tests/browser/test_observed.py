"""A visitor sees when an operator reads along: while it lasts, and afterwards that it was so."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.scripted_socket import ScriptedSocket
from tests.browser.test_accessibility import violations
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def page(socket: ScriptedSocket, nono: Server) -> ChatPage:
    """A chat with one message, which an operator opens."""
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    socket.start()
    socket.complete("An answer")
    socket.say("observer", present=True)
    return page


def banner(page: ChatPage) -> Locator:
    return page.tab.locator("#observed")


def lines(page: ChatPage) -> Locator:
    return page.transcript.locator(".observed-line")


def test_it_is_said_and_shown_while_it_lasts(page: ChatPage) -> None:
    sentence = "An operator of this Nono is reading this chat."
    expect(banner(page)).to_contain_text(sentence)
    expect(page.tab.locator("#announcer")).to_have_text(sentence)
    expect(banner(page).locator("time")).to_have_attribute("datetime", re.compile(r"^\d{4}-\d\d-\d\dT.+Z$"))
    assert violations(page.tab) == []


def test_its_beginning_and_its_end_stay_in_the_transcript(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.say("observer", present=False)

    expect(banner(page)).to_be_hidden()
    expect(lines(page)).to_have_count(2)
    expect(lines(page).first).to_contain_text("An operator of this Nono began to read this chat")
    expect(lines(page).last).to_contain_text("The operator has stopped reading")
    expect(page.tab.locator("#announcer")).to_have_text("The operator has stopped reading")
    with page.tab.expect_download() as download:
        page.menu("Text")
    assert "began to read this chat" in download.value.path().read_text("utf-8")


def test_what_is_said_later_stands_below_it(socket: ScriptedSocket, page: ChatPage) -> None:
    expect(lines(page)).to_have_count(1)
    socket.start(in_reply_to=3)
    socket.complete("A second answer", seq=4)

    expect(page.transcript.locator(".observed-line ~ [data-seq='3'] ~ [data-seq='4']")).to_be_visible()
    expect(page.transcript.locator("[data-seq='2'] ~ .observed-line")).to_have_count(1)


def test_who_is_still_there_after_a_gap_did_not_go(socket: ScriptedSocket, page: ChatPage) -> None:
    expect(banner(page)).to_be_visible()
    socket.say("observer", present=False)
    socket.say("observer", present=True)

    socket.start(in_reply_to=3)  # something that comes later
    expect(page.transcript.locator("[data-seq='3']")).to_be_visible()
    expect(banner(page)).to_be_visible()
    expect(lines(page)).to_have_count(1)


def test_it_stays_with_its_chat(page: ChatPage) -> None:
    expect(banner(page)).to_be_visible()

    page.create("Elsewhere, unobserved")

    expect(banner(page)).to_be_hidden()
    expect(lines(page)).to_have_count(0)
