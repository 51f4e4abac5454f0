"""The functions of the mission document, under their names, for scripts and the console."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chat_page import ChatPage
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

NAMES = """
openNewSessionModal closeNewSessionModal openManageSessionsModal closeManageSessionsModal createNewSession
loadSessionsList displaySessionsList switchSession loadChatHistory sendMessage addMessage showLoading removeLoading
""".split()


@pytest.fixture(scope="module")
def page(chromium: Browser, nono: Server) -> Iterator[ChatPage]:
    context = chromium.new_context()
    context.set_default_timeout(10_000)
    yield ChatPage(context.new_page(), nono.address).open()
    context.close()


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_function_of_the_window(name: str, page: ChatPage) -> None:
    assert page.tab.evaluate("name => typeof window[name]", name) == "function"


def test_a_modal_opens_and_closes(page: ChatPage) -> None:
    for modal, kind in ((page.new_modal, "NewSession"), (page.sessions_modal, "ManageSessions")):
        page.tab.evaluate(f"open{kind}Modal()")
        expect(modal).to_be_visible()
        page.tab.evaluate(f"close{kind}Modal()")
        expect(modal).to_be_hidden()


def test_what_is_in_the_field_is_sent(page: ChatPage) -> None:
    page.composer.fill("From a script")

    page.tab.evaluate("sendMessage()")

    expect(page.said("From a script")).to_have_attribute("data-seq", "1")
    expect(page.composer).to_have_value("")


def test_a_chat_is_created_read_and_opened_again(page: ChatPage) -> None:
    first = page.user_id()
    page.tab.evaluate("createNewSession({userId: 'Made by a script', persona: 'default'})")
    page.expect_user("Made by a script")

    history = page.tab.evaluate("name => loadChatHistory(name)", first)
    assert [message["content"] for message in history["messages"]][:1] == ["From a script"]
    page.tab.evaluate("name => switchSession(name)", first)

    page.expect_user(first)
    expect(page.said("From a script")).to_be_visible()
    page.expect_live()


def test_a_message_and_the_dots_come_and_go(page: ChatPage) -> None:
    page.expect_answers(1)  # whose end takes the dots away, too
    page.tab.evaluate("addMessage({role: 'user', content: 'Shown only', id: 'shown'})")
    expect(page.said("Shown only")).to_be_visible()

    page.tab.evaluate("showLoading(99)")
    expect(page.transcript.locator("[data-order='99.5'] .dots")).to_be_visible()
    page.tab.evaluate("removeLoading()")
    expect(page.transcript.locator("[data-order='99.5']")).to_have_count(0)
