"""Messages that the server asks to wait: one queue, in the order of writing, with one sentence for all of it."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.scripted_socket import ScriptedSocket
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def page(socket: ScriptedSocket, nono: Server) -> ChatPage:
    """A chat that has said three things, of which the server refused the first for a second."""
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    page.expect_live()
    for text in ("one", "two", "three"):
        page.say(text)
    socket.expect_asked_for("message")
    slow_down(socket)
    return page


def slow_down(socket: ScriptedSocket) -> None:
    client_id = socket.heard[-1]["client_id"]
    socket.say("error", code="rate_limited", message="Slowly.", retry_after=1, client_id=client_id)


def take(socket: ScriptedSocket, seq: int) -> None:
    """Stores the message that was sent last."""
    sent = socket.heard[-1]
    message = {**ScriptedSocket.message(seq, "user", sent["text"]), "id": sent["client_id"]}
    socket.say("message", message=message, client_id=sent["client_id"], duplicate=False)


def sent(socket: ScriptedSocket) -> list[str]:
    return [frame["text"] for frame in socket.heard if frame["type"] == "message"]


def expect_sent(socket: ScriptedSocket, texts: list[str]) -> None:
    for _ in range(100):
        if len(sent(socket)) >= len(texts):
            break
        socket.tab.wait_for_timeout(50)  # which lets the frames come in
    assert sent(socket) == texts


def note(page: ChatPage) -> Locator:
    return page.tab.locator("#delivery-note")


def test_the_order_of_sending_is_the_order_of_writing(socket: ScriptedSocket, page: ChatPage) -> None:
    for seq, before in enumerate((["one"] * 2, ["one"] * 2 + ["two"], ["one"] * 2 + ["two", "three"]), start=1):
        expect_sent(socket, before)
        take(socket, seq)

    expect(page.transcript.locator("[data-role=user][data-seq] .message-text")).to_have_text(["one", "two", "three"])
    expect(note(page)).to_have_text("")


def test_one_sentence_counts_for_all_and_the_bubbles_only_wait(socket: ScriptedSocket, page: ChatPage) -> None:
    expect(note(page)).to_have_text("A little slower, please: 3 messages wait, the next one goes in 1 s.")
    expect(page.transcript.locator(".message-state").get_by_text("Waits its turn")).to_have_count(3)
    expect(page.tab.locator("#announcer")).to_contain_text("A little slower")

    page.say("four")

    expect(page.transcript.locator("[data-role=user] .message-text")).to_have_text(["one", "two", "three", "four"])
    assert sent(socket).count("one") == len(sent(socket))


def test_a_message_that_is_refused_for_good_lets_the_next_one_go(socket: ScriptedSocket, nono: Server) -> None:
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    page.expect_live()
    page.say("one")
    page.say("two")
    socket.expect_asked_for("message")

    client_id = socket.heard[-1]["client_id"]
    socket.say("error", code="invalid_request", message="Not so.", client_id=client_id)

    expect(page.said("one")).to_have_attribute("data-state", "failed")
    expect_sent(socket, ["one", "two"])
