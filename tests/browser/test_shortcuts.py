"""Single keys that do something, and where they are listed."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_question_mark_lists_them(visit: Visit) -> None:
    page = visit()
    page.log.focus()

    page.tab.keyboard.press("?")

    listed = page.tab.get_by_role("dialog", name="Keyboard shortcuts")
    expect(listed).to_contain_text("Send the message")
    page.tab.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    expect(page.log).to_be_focused()


def test_the_menu_lists_them_too(visit: Visit) -> None:
    page = visit()

    page.menu("Keyboard shortcuts")

    expect(page.tab.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_keys_open_what_they_say(visit: Visit) -> None:
    page = visit()
    for key, opened in (("n", page.new_modal), ("s", page.sessions_modal)):
        page.log.focus()
        page.tab.keyboard.press(key)
        expect(opened).to_be_visible()
        page.tab.keyboard.press("Escape")
        expect(opened).to_be_hidden()
    page.log.focus()
    page.tab.keyboard.press("/")
    expect(page.composer).to_be_focused()
    expect(page.composer).to_have_value("")


def test_they_are_off_while_somebody_types(visit: Visit) -> None:
    page = visit()

    page.composer.press_sequentially("n?s")

    expect(page.composer).to_have_value("n?s")
    assert page.tab.locator("dialog[open]").count() == 0


def test_they_can_be_switched_off(visit: Visit) -> None:
    page = visit()
    page.menu("Keyboard shortcuts")
    page.tab.get_by_label("Single keys do these things").uncheck()
    page.tab.keyboard.press("Escape")
    page.tab.reload()
    page.expect_live()
    page.log.focus()

    page.tab.keyboard.press("?")

    assert page.tab.locator("dialog[open]").count() == 0
