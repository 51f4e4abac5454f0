"""The ten seconds after a clear: offered in every tab of the browser, and told of only while they last."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_tab_on_another_chat_offers_it_too(visit: Visit) -> None:
    one = visit()
    one.create("Cleared in one tab")
    one.say("Do not forget me")
    one.expect_answers(1)
    other = visit("Cleared in one tab")
    other.create("Open in the other")

    one.menu("Clear this chat")

    toast = other.tab.locator("#toast")
    expect(toast).to_contain_text("“Cleared in one tab” was cleared.")
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("“Cleared in one tab” is back.")
    expect(one.said("Do not forget me")).to_be_visible()
    expect(one.tab.locator("#toast")).to_be_hidden()
    other.expect_user("Open in the other")


def test_after_the_ten_seconds_the_card_says_so_and_it_had_the_focus(visitor: BrowserContext, nono: Server) -> None:
    tab = visitor.new_page()
    tab.clock.install()
    page = ChatPage(tab, nono.address).open()

    page.menu("Clear this chat")

    card = tab.locator("[data-ending=cleared]")
    expect(card).to_contain_text("once the ten seconds to undo are over")
    expect(card).to_be_focused()
    tab.clock.fast_forward(11_000)
    expect(card).not_to_contain_text("ten seconds", use_inner_text=True)
    expect(card).to_contain_text("Nothing of it is kept.", use_inner_text=True)
