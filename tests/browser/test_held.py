"""The panel that lists everything we hold on a visitor, in the store and in the browser."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SIZE = re.compile(r"^[\d,.]+ (byte|bytes|kB)$")


@pytest.fixture
def page(visit: Visit) -> ChatPage:
    """A chat with something in it, and the panel open."""
    page = visit()
    page.say("Remember the milk")
    page.expect_answers(1)
    page.composer.fill("half a thou")
    page.menu("Everything we hold on you")
    expect(line(page, "chat_history")).to_be_visible()
    return page


def panel(page: ChatPage) -> Locator:
    return page.tab.get_by_role("dialog", name="Everything we hold on you")


def line(page: ChatPage, kind: str) -> Locator:
    return panel(page).locator(f"[data-kind={kind}]")


def test_it_lists_each_kind_with_its_size_and_its_clock(page: ChatPage) -> None:
    expect(panel(page)).to_contain_text(page.user_id())
    told = page.tab.request.get(f"{page.address}/api/session/{page.user_id()}/held").json()
    visible = panel(page).locator("[data-kind]:visible")

    kinds = {one.get_attribute("data-kind") for one in visible.all()}
    assert kinds == {one["kind"] for one in told["held"]} >= {"session", "chat_history", "chat_sends", "owner_index"}
    for one in visible.all():
        expect(one.locator(".held-size")).to_have_text(SIZE)
        expect(one.locator("time")).to_have_text(re.compile(r"min$|^\d:\d\d$"))
    expect(panel(page).locator("#held-total")).to_have_text(SIZE)


def test_it_lists_what_this_browser_keeps_and_forgets_it(page: ChatPage) -> None:
    for kind in ("draft", "last"):
        expect(panel(page).locator(f"[data-kept={kind}] .held-size")).to_have_text(SIZE)
    expect(panel(page).locator("[data-kept=settings]")).to_be_hidden()

    panel(page).get_by_role("button", name="Forget drafts and settings").click()

    expect(panel(page).locator("[data-kept]:visible")).to_have_count(0)
    page.tab.keyboard.press("Escape")
    expect(page.composer).to_have_value("")
    assert page.tab.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0


def test_clearing_from_it_leaves_the_copy_for_the_undo_and_that_brings_all_back(page: ChatPage) -> None:
    panel(page).get_by_role("button", name="Clear the chat").click()

    expect(line(page, "undo")).to_be_visible()
    expect(line(page, "chat_history")).to_be_hidden()
    expect(panel(page).get_by_role("button", name="Clear the chat")).to_be_disabled()
    panel(page).get_by_role("button", name="Undo").click()
    page.tab.keyboard.press("Escape")
    expect(page.said("Remember the milk")).to_be_visible()


def test_the_chat_can_be_taken_along(page: ChatPage) -> None:
    with page.tab.expect_download() as download:
        panel(page).get_by_role("button", name="Download the chat").click()

    assert "Remember the milk" in download.value.path().read_text("utf-8")


def test_nothing_in_it_keeps_anybody_out_and_the_focus_returns(page: ChatPage) -> None:
    assert violations(page.tab) == []

    page.tab.keyboard.press("Escape")

    expect(page.tab.locator("#menu summary")).to_be_focused()
