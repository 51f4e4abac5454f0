"""The three flows of the mission document: create, manage, switch."""

import re
import time

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit, Witness
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_first_visit_creates_a_session_and_greets(visit: Visit) -> None:
    before = int(time.time() * 1000)

    page = visit()

    name = page.user_id()
    page.expect_user(name)
    millis = re.fullmatch(r"user_(\d+)", name)
    assert millis
    assert before <= int(millis[1]) <= time.time() * 1000
    expect(page.log).to_contain_text("Default Assistant")
    assert page.transcript.locator("[data-greeting] .message-text").inner_text() != ""
    assert page.tab.locator("#starters button").count() >= 3
    expect(page.composer).to_be_focused()
    assert page.history(name) == []


def test_a_second_visit_comes_back_to_the_living_chat(visit: Visit, visitor: BrowserContext) -> None:
    first = visit()
    name = first.user_id()

    visit().expect_user(name)


def test_the_form_creates_a_session_and_its_persona_welcomes(visit: Visit) -> None:
    page = visit()
    page.say("This stays behind")
    page.expect_answers(1)

    page.create("Zoë O'Neil & (Co) 🙂", "Clara")

    page.expect_user("Zoë O'Neil & (Co) 🙂")
    expect(page.new_modal).to_be_hidden()
    expect(page.tab.locator("#persona")).to_contain_text("Clara")
    expect(page.transcript.locator("[data-greeting]")).to_contain_text("Clara")
    expect(page.said("This stays behind")).to_have_count(0)
    expect(page.composer).to_be_focused()


def test_the_name_is_optional(visit: Visit) -> None:
    page = visit()
    first = page.user_id()

    page.create(persona="Creative Writer")

    expect(page.tab.locator("#persona")).to_contain_text("Creative Writer")
    assert re.fullmatch(r"user_\d+", page.user_id())
    assert page.user_id() != first


def test_a_taken_name_gets_its_sentence_in_the_form(visit: Visit, witness: Witness) -> None:
    witness.forgive("409")
    page = visit()
    page.create("Taken twice")
    page.expect_user("Taken twice")

    page.try_to_create("Taken twice", "Clara")

    expect(page.new_modal.get_by_role("alert")).to_contain_text("Taken twice")
    expect(page.new_modal.get_by_label("Display name")).to_have_value("Taken twice")
    expect(page.tab.locator("#persona")).to_contain_text("Default Assistant")


def test_a_taken_name_that_is_ones_own_can_be_opened(visit: Visit, witness: Witness) -> None:
    witness.forgive("409")
    page = visit()
    page.create("Open me", "Clara")
    page.say("Here I was")
    page.expect_answers(1)
    page.create("Elsewhere now")
    page.try_to_create("  Open me ")

    page.new_modal.get_by_role("button", name="Open “Open me”").click()

    page.expect_user("Open me")
    expect(page.new_modal).to_be_hidden()
    expect(page.said("Here I was")).to_be_visible()


def test_a_name_that_is_taken_by_somebody_else_cannot(
    visit: Visit, chromium: Browser, nono: Server, witness: Witness
) -> None:
    witness.forgive("409")
    somebody = chromium.new_context()
    somebody.request.post(f"{nono.address}/api/session/create", data={"user_id": "Not yours"})
    page = visit()

    with page.tab.expect_response("**/api/sessions?q=*"):
        page.try_to_create("Not yours")

    expect(page.new_modal.get_by_role("alert")).to_have_text("This name is taken. Please choose another one.")
    expect(page.tab.locator("#open-existing")).to_be_hidden()
    somebody.close()


def test_the_list_shows_every_session_with_what_is_known_of_it(visit: Visit) -> None:
    page = visit()
    page.create("List of one", "Clara")
    page.say("Hello")
    page.expect_answers(1)
    page.create("List of two")

    page.tab.get_by_role("button", name="Sessions").click()

    row = page.row("List of one")
    expect(row).to_contain_text("Clara · 2 messages")
    expect(row).to_contain_text("min")
    assert row.locator("time[datetime][title]").count() == 3
    expect(page.sessions_modal.locator("[aria-current=true]")).to_have_count(1)
    expect(page.row("List of two").locator("[aria-current=true]")).to_contain_text("open now")
    expect(page.sessions_modal.get_by_role("listitem")).to_have_count(3)


def test_the_filter_narrows_the_list(visit: Visit) -> None:
    page = visit()
    page.create("Filter me")
    page.tab.get_by_role("button", name="Sessions").click()

    page.sessions_modal.get_by_role("searchbox").fill("FILTER")

    expect(page.row("Filter me")).to_be_visible()
    expect(page.sessions_modal.get_by_role("listitem")).to_have_count(1)


def test_the_list_is_live(visit: Visit, visitor: BrowserContext, nono: Server) -> None:
    page = visit()
    page.tab.get_by_role("button", name="Sessions").click()
    expect(page.sessions_modal.get_by_role("listitem")).to_have_count(1)

    visitor.request.post(f"{nono.address}/api/session/create", data={"user_id": "Newcomer"})

    expect(page.row("Newcomer")).to_be_visible()


def test_a_click_switches(visit: Visit) -> None:
    page = visit()
    page.create("Switch A", "Technical Support")
    page.say("My printer is on fire")
    page.expect_answers(1)
    page.create("Switch B")

    page.tab.get_by_role("button", name="Sessions").click()
    page.row("Switch A").locator(".row-open").click()

    page.expect_user("Switch A")
    expect(page.sessions_modal).to_be_hidden()
    expect(page.said("My printer is on fire")).to_be_visible()
    expect(page.tab.locator("#persona")).to_contain_text("Technical Support")
    page.expect_live()
    assert page.messages() == page.history("Switch A")


def test_back_and_forward_switch_too(visit: Visit) -> None:
    page = visit()
    page.create("Back A")
    page.create("Back B", "Clara")

    page.tab.go_back()
    page.expect_user("Back A")
    page.tab.go_forward()
    page.expect_user("Back B")
    expect(page.tab.locator("#persona")).to_contain_text("Clara")


def test_the_keyboard_alone_creates_and_switches(visit: Visit) -> None:
    page = visit()
    page.create("Keys A")
    page.create("Keys B")
    expect(page.composer).to_be_focused()

    _tab_to(page, "Sessions")
    page.tab.keyboard.press("Enter")
    expect(page.row("Keys A")).to_be_visible()
    page.tab.keyboard.press("ArrowDown")
    expect(page.row("Keys B").locator(".row-open")).to_be_focused()
    page.tab.keyboard.press("ArrowDown")
    expect(page.row("Keys A").locator(".row-open")).to_be_focused()
    page.tab.keyboard.press("End")
    page.tab.keyboard.press("Home")
    expect(page.row("Keys B").locator(".row-open")).to_be_focused()
    page.tab.keyboard.press("ArrowDown")
    page.tab.keyboard.press("Enter")

    page.expect_user("Keys A")
    expect(page.composer).to_be_focused()


def test_escape_closes_a_modal_and_returns_the_focus(visit: Visit) -> None:
    page = visit()
    button = page.tab.get_by_role("button", name="New", exact=True)
    button.click()
    expect(page.new_modal.get_by_label("Display name")).to_be_focused()

    page.tab.keyboard.press("Escape")

    expect(page.new_modal).to_be_hidden()
    expect(button).to_be_focused()


def test_a_chat_that_does_not_exist_can_be_begun(
    visit: Visit, visitor: BrowserContext, nono: Server, witness: Witness
) -> None:
    witness.forgive("404")
    page = ChatPage(visitor.new_page(), nono.address)
    page.tab.goto(f"{nono.address}/chat/Nobody%20yet")
    expect(page.tab.get_by_role("heading", name="There is no chat of this name")).to_be_visible()

    page.tab.get_by_role("button", name="Start a new chat").click()

    page.expect_live()
    page.expect_user("Nobody yet")
    expect(page.composer).to_be_focused()


def _tab_to(page: ChatPage, name: str) -> None:
    wanted = page.tab.get_by_role("button", name=name, exact=True)
    for _ in range(20):
        page.tab.keyboard.press("Shift+Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{name} cannot be reached with the Tab key")
