"""What the page says while a reply has no text yet, and how a reply begins anew."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.scripted_socket import ScriptedSocket
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

NAME = "Default Assistant"
WORDS = [("thinking", f"{NAME} is thinking"), ("loading", "The model is being loaded")]


@pytest.fixture
def socket(newcomer: BrowserContext) -> ScriptedSocket:
    """In a browser of its own, whose clock a test may set."""
    newcomer.clock.install()
    return ScriptedSocket(newcomer.new_page())


@pytest.fixture
def page(socket: ScriptedSocket, nono: Server) -> ChatPage:
    return socket.take_over(ChatPage(socket.tab, nono.address))


def wait(page: ChatPage) -> Locator:
    return page.transcript.locator("[data-state=streaming] .dots-wait")


def announced(page: ChatPage) -> Locator:
    return page.tab.locator("#announcer")


def timed(words: str, time: str) -> re.Pattern[str]:
    return re.compile(rf"^{words} … {time}$".replace(" ", r"\s"))


@pytest.mark.parametrize(("phase", "words"), WORDS)
def test_a_phase_is_said_at_once_and_its_seconds_after_ten(
    phase: str, words: str, socket: ScriptedSocket, page: ChatPage
) -> None:
    socket.start()
    expect(announced(page)).to_have_text(f"{NAME} is writing.")

    socket.status(phase)

    expect(wait(page)).to_have_text(words)
    expect(announced(page)).to_have_text(words)
    page.tab.clock.fast_forward(12_000)
    expect(wait(page)).to_have_text(timed(words, r"1[2-9] s"))
    page.tab.clock.fast_forward(61_000)
    expect(wait(page)).to_have_text(timed(words, r"1 min [1-5]\d s"))
    expect(announced(page)).to_have_text(words)  # the seconds are not


@pytest.mark.parametrize(("phase", "words"), WORDS)
def test_seconds_count_from_when_the_phase_began(
    phase: str, words: str, socket: ScriptedSocket, page: ChatPage
) -> None:
    socket.start()
    socket.status(phase, seconds_ago=42)

    expect(wait(page)).to_have_text(timed(words, r"4[2-9] s"))


def test_seconds_tick(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.status("thinking", seconds_ago=20)
    expect(wait(page)).to_have_text(timed(f"{NAME} is thinking", r"2\d s"))
    page.tab.clock.pause_at(page.tab.evaluate("Date.now() / 1000 + 1"))
    before = int(re.findall(r"\d+", wait(page).inner_text())[0])

    page.tab.clock.run_for(3_000)

    expect(wait(page)).to_have_text(timed(f"{NAME} is thinking", f"{before + 3} s"))


def test_one_phase_follows_another_and_writing_follows_both(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.status("loading", seconds_ago=30)
    expect(wait(page)).to_have_text(timed("The model is being loaded", r"3\d s"))

    socket.status("thinking")
    expect(wait(page)).to_have_text(f"{NAME} is thinking")
    expect(announced(page)).to_have_text(f"{NAME} is thinking")

    socket.chunk("Hello")
    expect(page.transcript.locator("[data-state=streaming] .prose")).to_have_text("Hello")
    expect(announced(page)).to_have_text(f"{NAME} is writing.")
    page.tab.clock.fast_forward(20_000)
    expect(page.transcript.locator("[data-state=streaming] .prose")).to_have_text("Hello")


def test_without_a_phase_it_says_after_ten_seconds_what_it_waits_for(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    page.tab.clock.fast_forward(5_000)
    expect(wait(page)).to_have_text("")

    page.tab.clock.fast_forward(7_000)

    expect(wait(page)).to_have_text(timed(f"Still waiting for the answer of {NAME}", r"1[2-9] s"))
    expect(announced(page)).to_have_text(timed(f"Still waiting for the answer of {NAME}", r"1\d s"))
    socket.status("thinking", seconds_ago=-12)  # by the page's clock, now
    expect(wait(page)).to_have_text(f"{NAME} is thinking")


@pytest.mark.parametrize("phase", ["another", "constructor"])
def test_a_phase_that_is_not_known_is_plain_waiting(phase: str, socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.status(phase, seconds_ago=15)

    expect(wait(page)).to_have_text(timed(f"Still waiting for the answer of {NAME}", r"1\d s"))


@pytest.mark.parametrize("since", [None, "", "soon"])
def test_a_phase_without_a_readable_time_begins_now(since: str | None, socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.say("status", reply_id="reply to 1", phase="thinking", since=since)

    expect(wait(page)).to_have_text(f"{NAME} is thinking")


def test_the_phase_of_another_reply_is_not_shown(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.say("status", reply_id="another", phase="thinking", since="2026-01-01T12:00:00+00:00")
    socket.chunk("Hello")

    expect(page.transcript.locator("[data-state=streaming] .prose")).to_have_text("Hello")
    expect(announced(page)).to_have_text(f"{NAME} is writing.")


@pytest.mark.parametrize(("phase", "words"), WORDS)
def test_a_tab_that_comes_back_knows_the_phase(phase: str, words: str, socket: ScriptedSocket, page: ChatPage) -> None:
    page.expect_live()

    socket.resume("", phase, seconds_ago=75)

    expect(wait(page)).to_have_text(timed(words, r"1 min 1\d s"))
    socket.chunk("Hello")
    expect(page.transcript.locator("[data-state=streaming] .prose")).to_have_text("Hello")


def test_a_second_start_takes_the_text_back(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.chunk("The user asks 🙂 …")
    growing = page.transcript.locator("[data-state=streaming] .prose")
    expect(growing).to_contain_text("The user asks")

    socket.start_again()

    expect(growing.locator(".dots")).to_be_visible()
    expect(growing).not_to_contain_text("The user asks")
    socket.chunk("Forty-")
    socket.chunk("two", offset=6)
    expect(growing).to_have_text("Forty-two")
    socket.complete("Forty-two")
    expect(page.transcript.locator("[data-seq='2'] .prose")).to_have_text("Forty-two")
    expect(page.transcript.locator("[data-role=assistant]:not([data-greeting])")).to_have_count(1)
