"""A chat that is gone can be told to a new one: by the visitor, in their own message, as far as it fits."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.scripted_socket import ScriptedSocket
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

LIMIT = 4000


@pytest.fixture(scope="module")
def told(chromium: Any, nono: Server) -> Any:
    """Tells a conversation again; the page's own module does it."""
    context = chromium.new_context()
    page = ChatPage(context.new_page(), nono.address).open()

    def tell(said: list[dict[str, str]], draft: str = "", limit: int = LIMIT) -> str:
        return str(
            page.tab.evaluate(
                """async ([said, draft, limit]) => {
                    const {recapOf} = await import(document.querySelector('link[href*="/js/chat/recap."]').href);
                    return recapOf(said, draft, limit);
                }""",
                [said, draft, limit],
            )
        )

    yield tell
    context.close()


def turns(count: int, size: int = 10) -> list[dict[str, str]]:
    """Returns a conversation, oldest first, each message with its number."""
    roles = ("user", "assistant")
    return [
        {"role": roles[number % 2], "author": "Clara", "content": f"number {number} {'x' * size}"}
        for number in range(count)
    ]


def test_an_expired_chat_goes_on_in_a_new_one(socket: ScriptedSocket, nono: Server) -> None:
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    name = page.user_id()
    socket.start()
    socket.complete("Hello **Sam**")
    expect(page.transcript.locator("[data-seq='2']")).to_be_visible()
    page.composer.fill("And now?")
    page.tab.request.delete(f"{nono.address}/api/session/{name}/clear")
    socket.say("expired", epoch="")

    page.tab.get_by_role("button", name="Start again with this text as context").click()

    page.expect_user(name)
    expect(page.transcript.locator("[data-seq]")).to_have_count(0)
    expect(page.composer).to_be_focused()
    text = page.composer.input_value()
    assert text.index("I said:\nHello\n") < text.index("Default Assistant said:\nHello **Sam**")
    assert text.endswith("(End of the earlier chat.)\n\nAnd now?")
    assert page.history(name) == []  # nothing is said before the visitor sends it


def test_where_nothing_was_said_there_is_nothing_to_tell(socket: ScriptedSocket, nono: Server) -> None:
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    page.expect_live()
    socket.say("expired", epoch="")

    expect(page.tab.get_by_role("button", name="Start again", exact=True)).to_be_visible()
    expect(page.tab.get_by_role("button", name="Start again with this text")).to_be_hidden()
    expect(page.tab.get_by_text("What you had not sent yet is kept.")).to_be_hidden()


def test_a_short_conversation_is_told_whole(told: Any) -> None:
    text = told(turns(4), "My draft")

    places = [text.index(f"number {number}") for number in range(4)]
    assert places == sorted(places)
    assert "left out" not in text
    assert text.endswith("\n\nMy draft")


def test_of_a_long_one_the_newest_fits_and_the_rest_is_counted(told: Any) -> None:
    text = told(turns(200, size=100))

    kept = text.count("said:")
    assert 10 < kept < 200
    assert f"({200 - kept} earlier messages are left out.)" in text
    assert "number 199" in text
    assert f"number {200 - kept} " in text
    assert f"number {199 - kept} " not in text


@pytest.mark.parametrize("size", [3_000, 4_000, 50_000])
def test_a_single_message_that_is_too_long_is_cut(size: int, told: Any) -> None:
    text = told(turns(2, size=size))

    assert "number 1" in text
    assert len(text) <= LIMIT
    assert ("…" in text) == (size > 3_000)


@pytest.mark.parametrize("draft", ["", "d" * 1000, "d" * 3_400, "d" * 4_000, "🙂" * 2_000])
def test_the_draft_stays_whole_and_the_message_within_its_limit(draft: str, told: Any) -> None:
    text = told(turns(50, size=200), draft)

    assert text.endswith(draft)
    assert len(text) <= max(LIMIT, len(draft))


def test_the_page_says_what_it_did(visit: Visit) -> None:
    page = visit()
    page.say("Hello")
    page.expect_answers(1)
    page.tab.evaluate(
        """async () => {
            const {insertRecap} = await import(document.querySelector('link[href*="/js/chat/composer."]').href);
            insertRecap([{role: "user", author: "You", content: "Hello"}]);
        }"""
    )

    expect(page.tab.locator("#toast")).to_contain_text("What was said is in the field below.")
    expect(page.tab.locator("#composer-note")).to_have_text("")
