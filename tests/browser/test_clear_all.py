"""Clearing all chats of the list: asked with their number, undone in one press."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def page(visit: Visit, request: pytest.FixtureRequest) -> ChatPage:
    """A visitor with four chats, the list open."""
    page = visit()
    own = request.node.originalname.removeprefix("test_")[:40]
    for number in (1, 2):
        page.create(f"Of two, {number}, {own}")
    page.create()
    page.say("Keep me if you can")
    page.expect_answers(1)
    page.tab.get_by_role("button", name="Sessions", exact=True).click()
    expect(rows(page)).to_have_count(4)
    return page


def rows(page: ChatPage) -> Locator:
    return page.sessions_modal.get_by_role("listitem")


def question(page: ChatPage) -> Locator:
    return page.tab.get_by_role("alertdialog")


def ask(page: ChatPage) -> None:
    page.sessions_modal.get_by_role("button", name="Clear all").click()


def test_it_names_the_number_and_takes_no_for_an_answer(page: ChatPage) -> None:
    ask(page)

    expect(question(page)).to_have_accessible_name("Clear 4 chats?")
    expect(question(page).get_by_role("button", name="Cancel")).to_be_focused()
    assert violations(page.tab) == []
    page.tab.keyboard.press("Enter")
    expect(question(page)).to_be_hidden()
    expect(page.sessions_modal.get_by_role("button", name="Clear all")).to_be_focused()
    expect(rows(page)).to_have_count(4)


def test_all_go_and_one_press_brings_all_back(page: ChatPage) -> None:
    ask(page)
    question(page).get_by_role("button", name="Clear 4 chats").click()

    toast = page.sessions_modal.locator("#toast")
    expect(toast).to_contain_text("4 chats were cleared.")
    expect(rows(page)).to_have_count(0)
    expect(page.sessions_modal).to_contain_text("There is no chat just now.")
    expect(page.sessions_modal.get_by_text("Enter opens")).to_be_hidden()
    expect(page.sessions_modal.get_by_role("button", name="Clear all")).to_be_hidden()
    assert page.tab.request.get(f"{page.address}/api/sessions").json()["count"] == 0
    toast.get_by_role("button", name="Undo").click()

    expect(toast).to_contain_text("4 chats are back.")
    expect(rows(page)).to_have_count(4)
    page.tab.keyboard.press("Escape")
    expect(page.said("Keep me if you can")).to_be_visible()
    page.expect_live()


def test_the_filter_narrows_what_goes(page: ChatPage) -> None:
    page.sessions_modal.get_by_role("searchbox").fill("of two")
    expect(rows(page)).to_have_count(2)
    expect(page.sessions_modal.locator("#sessions-count")).to_have_text("2 of 4")

    page.sessions_modal.get_by_role("button", name="Clear these 2 …").click()
    question(page).get_by_role("button", name="Clear 2 chats").click()

    expect(page.sessions_modal.locator("#toast")).to_contain_text("2 chats were cleared.")
    page.sessions_modal.get_by_role("searchbox").fill("")
    expect(rows(page)).to_have_count(2)
    expect(page.sessions_modal.locator("#sessions-count")).to_have_text("2")
    expect(page.row(page.user_id())).to_be_visible()
