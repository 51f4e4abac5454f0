"""What a visitor can do about a reply: stop it, ask for another, see what it was based on."""

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.scripted_socket import ScriptedSocket
from tests.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def page(socket: ScriptedSocket, nono: Server) -> ChatPage:
    return socket.take_over(ChatPage(socket.tab, nono.address))


def test_send_becomes_stop_and_what_was_said_is_kept_and_marked(visit: Visit) -> None:
    page = visit()
    page.create("Stopped", "Creative Writer")
    page.say("A long story about the sea, please")
    growing = page.transcript.locator("[data-state=streaming] .prose")
    expect(growing).to_contain_text(" ")

    page.tab.get_by_role("button", name="Stop", exact=True).click()

    stopped = page.transcript.locator("[data-state=stopped]")
    expect(stopped).to_contain_text("Stopped here.")
    expect(page.tab.get_by_role("button", name="Send", exact=True)).to_be_visible()
    assert page.messages() == page.history("Stopped")


def test_a_stopped_reply_can_be_asked_for_again(visit: Visit) -> None:
    page = visit()
    page.create("Asked again", "Creative Writer")
    page.say("Another long story, please")
    expect(page.transcript.locator("[data-state=streaming] .prose")).to_contain_text(" ")
    page.tab.keyboard.press("Escape")
    stopped = page.transcript.locator("[data-state=stopped]")

    stopped.get_by_role("button", name="Retry").click()

    expect(page.transcript.locator("[data-state=done][data-seq]")).to_have_count(1, timeout=30_000)
    expect(stopped).to_have_count(0)
    assert [role for role, _ in page.messages()] == ["user", "assistant"]
    assert page.messages() == page.history("Asked again")


def test_escape_stops_while_one_types(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    page.composer.fill("half a thou")

    page.composer.press("Escape")

    socket.expect_asked_for("stop")
    expect(page.composer).to_have_value("half a thou")


def test_what_is_written_meanwhile_can_be_sent(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    expect(page.tab.get_by_role("button", name="Stop", exact=True)).to_be_visible()

    page.composer.fill("One more thing")
    page.tab.get_by_role("button", name="Send", exact=True).click()

    socket.expect_asked_for("message")
    assert not socket.asked_for("stop")


def test_a_double_click_on_send_does_not_stop(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()

    page.tab.get_by_role("button", name="Stop", exact=True).dispatch_event("click", {"detail": 2})

    socket.chunk("Going on")
    expect(page.transcript.locator("[data-state=streaming]")).to_contain_text("Going on")
    assert not socket.asked_for("stop")


@pytest.mark.parametrize(
    ("state", "words"),
    [("stopped", "Stopped here."), ("interrupted", "Interrupted"), ("error", "The answer broke off.")],
)
def test_an_unfinished_reply_says_so_and_offers_another(
    state: str, words: str, socket: ScriptedSocket, page: ChatPage
) -> None:
    socket.start()
    socket.chunk("Half of")
    socket.complete("Half of", state=state)
    answer = page.transcript.locator(f"[data-state={state}]")
    expect(answer).to_contain_text(words)

    answer.get_by_role("button", name="Retry").click()

    socket.expect_asked_for("regenerate")


def test_a_model_that_said_nothing_leaves_nothing_to_copy(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("", state="error")
    answer = page.transcript.locator("[data-state=error]")

    expect(answer).to_contain_text("The model did not answer. Your message is kept.")
    expect(answer.get_by_role("button", name="Retry")).to_be_visible()
    expect(answer.get_by_role("button", name="Copy")).to_be_hidden()
    expect(page.tab.locator("#announcer")).to_have_text("The model did not answer. Your message is kept.")


def test_a_finished_reply_is_not_marked(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("All of it")

    answer = page.transcript.locator("[data-state=done][data-seq]")
    expect(answer.get_by_role("button", name="Copy")).to_be_visible()
    expect(answer.get_by_role("button", name="Retry")).to_be_hidden()


def test_a_line_shows_where_the_reading_begins(socket: ScriptedSocket, page: ChatPage) -> None:
    line = page.tab.get_by_text("Nono no longer reads above this line")
    socket.start()
    socket.complete("First answer")
    expect(page.transcript.locator("[data-seq='2']")).to_be_visible()
    expect(line).to_have_count(0)

    socket.start(in_reply_to=3, context_from=3)

    expect(line).to_be_visible()
    assert page.transcript.locator(".context-line + [data-seq='3']").count() == 1
    socket.complete("Second answer", seq=4, context_from=2)
    expect(page.transcript.locator(".context-line + [data-seq='2']")).to_have_count(1)
