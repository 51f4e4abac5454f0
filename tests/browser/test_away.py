"""A server that is away: what the windows still show, what they offer, and how a visitor asks for it now."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.test_accessibility import violations
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

LAST_KNOWN = "Nono cannot be reached just now. What you see is the last that this page knew."


@dataclass
class Away:
    """A page, and the server that it cannot reach."""

    page: ChatPage
    server: Server


@pytest.fixture(scope="module")
def away(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Away]:
    """Two chats were begun, then the server went."""
    server = Server(tmp_path_factory.mktemp("away"))
    server.start()
    context = chromium.new_context(viewport={"width": 1000, "height": 700})
    context.set_default_timeout(10_000)
    page = ChatPage(context.new_page(), server.address).open()
    page.create("Known here")
    page.create("Open here")
    page.expect_user("Open here")
    page.menu("Everything we hold on you")
    expect(page.tab.locator("#held-list [data-kind=session]")).to_be_visible()
    page.tab.keyboard.press("Escape")
    server.stop()
    expect(page.pill).to_have_attribute("data-connection", "reconnecting")
    yield Away(page, server)
    context.close()
    server.stop()


@pytest.fixture
def page(away: Away) -> Iterator[ChatPage]:
    yield away.page
    away.page.tab.keyboard.press("Escape")


def retry(window: Locator) -> Locator:
    return window.get_by_role("button", name="Try again")


def test_the_list_keeps_what_is_known_and_offers_another_try(page: ChatPage) -> None:
    page.tab.get_by_role("button", name="Sessions", exact=True).click()

    expect(page.sessions_modal.get_by_role("alert")).to_have_text(LAST_KNOWN)
    expect(page.row("Known here")).to_be_visible()
    expect(page.row("Open here")).to_be_visible()
    expect(page.sessions_modal.get_by_role("button", name="Clear all")).to_be_hidden()
    expect(page.row("Known here").locator(".row-clear")).to_be_hidden()
    assert violations(page.tab) == []
    retry(page.sessions_modal).click()
    expect(page.sessions_modal.locator("[data-announcer]")).to_have_text(LAST_KNOWN)


def test_the_form_keeps_what_was_entered_and_offers_another_try(page: ChatPage) -> None:
    page.try_to_create("Later perhaps", "Clara")

    expect(page.new_modal.get_by_role("alert")).to_have_text("Nono cannot be reached just now.")
    expect(retry(page.new_modal)).to_be_visible()
    expect(page.new_modal.get_by_label("Display name")).to_have_value("Later perhaps")


def test_what_is_held_stays_listed_and_offers_nothing_that_cannot_work(page: ChatPage) -> None:
    page.menu("Everything we hold on you")
    panel = page.tab.get_by_role("dialog", name="Everything we hold on you")

    expect(panel.get_by_role("alert")).to_have_text(LAST_KNOWN)
    expect(panel.locator("[data-kind=session]")).to_be_visible()
    expect(panel.get_by_role("button", name="Download the chat")).to_be_disabled()
    expect(panel.get_by_role("button", name="Clear the chat")).to_be_disabled()
    expect(retry(panel)).to_be_visible()


def test_who_waits_with_a_message_can_ask_for_the_server_now(away: Away) -> None:
    page, now = away.page, away.page.tab.get_by_role("button", name="Try now")
    expect(now).to_be_hidden()
    page.say("Are you there?")
    expect(now).to_be_visible()
    # As late as it gets: the page would ask by itself, but not yet.
    page.tab.evaluate("setTimeout = () => 0")
    now.click()
    expect(now).to_be_visible()
    away.server.start()

    now.click()

    expect(page.said("Are you there?")).to_have_attribute("data-seq", "1")
    expect(now).to_be_hidden()
