"""A conversation as it happens: streaming, several tabs, clearing, the end of the clock."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import StartServer, Visit, Witness

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_reply_streams_and_equals_the_history(visit: Visit) -> None:
    page = visit()

    page.say("What can you do?\nIn two lines 🙂")

    expect(page.transcript.locator("[data-state=streaming]")).to_be_visible()
    page.expect_answers(1)
    assert page.messages()[0] == ("user", "What can you do?\nIn two lines 🙂")
    assert page.messages() == page.history(page.user_id())
    expect(page.tab.locator("#starters")).to_be_hidden()
    expect(page.composer).to_have_value("")


def test_a_starter_begins_the_conversation(visit: Visit) -> None:
    page = visit()
    starter = page.tab.locator("#starters button").first
    words = starter.inner_text()

    starter.click()

    page.expect_answers(1)
    assert page.messages()[0] == ("user", words)


def test_what_is_written_while_a_reply_runs_keeps_its_place(visit: Visit) -> None:
    page = visit()

    page.say("First")
    page.say("Second")
    answer = page.said("Second").locator("xpath=following-sibling::*[@data-role='assistant'][@data-seq]")
    expect(answer).to_have_count(1, timeout=20_000)
    shown = page.messages()
    page.tab.reload()
    page.expect_live()

    assert page.messages() == shown
    assert sorted(shown) == sorted(page.history(page.user_id()))


def test_two_tabs_see_the_same(visit: Visit) -> None:
    one = visit()
    two = visit(one.user_id())

    one.say("Said in the first tab")
    two.expect_answers(1)
    two.say("Said in the second tab")
    one.expect_answers(2)

    assert one.messages() == two.messages() == one.history(one.user_id())


def test_a_reload_in_the_middle_of_a_reply_loses_nothing(visit: Visit) -> None:
    page = visit()
    page.create("Reloaded", "Creative Writer")
    page.say("A story about the sea, please")
    expect(page.transcript.locator("[data-state=streaming] .message-text")).to_contain_text(" ")

    page.tab.reload()

    page.expect_answers(1)
    assert page.messages() == page.history("Reloaded")


def test_a_draft_stays_with_its_chat(visit: Visit) -> None:
    page = visit()
    first = page.user_id()
    page.composer.fill("Half a thou")
    page.create("Elsewhere")
    expect(page.composer).to_have_value("")

    page.tab.go_back()

    page.expect_user(first)
    expect(page.composer).to_have_value("Half a thou")


@pytest.mark.parametrize(("ms", "words"), [(3_600_400, "60 min"), (3_599_000, "60 min"), (3_540_000, "59 min")])
def test_the_clock_never_shows_more_than_the_full_time_and_rounds_once(ms: int, words: str, visit: Visit) -> None:
    page = visit()

    shown = page.tab.evaluate(
        """async (ms) => {
            const {showClock} = await import(document.querySelector('link[href*="/js/ui/clock."]').href);
            const {serverNow} = await import(document.querySelector('link[href*="/js/ui/times."]').href);
            showClock(new Date(serverNow() + ms).toISOString());
            return document.querySelector("#clock time").textContent;
        }""",
        ms,
    )

    assert shown == words


@pytest.mark.parametrize(
    ("left", "warning"), [(290, "in 5 minutes"), (58, "in 1 minute"), (20, r"in (20|21|19) seconds")]
)
def test_the_end_of_a_chat_is_announced_once_with_the_way_to_put_it_off(left: int, warning: str, visit: Visit) -> None:
    page = visit()
    page.tab.evaluate(
        """async (left) => {
            const {showClock} = await import(document.querySelector('link[href*="/js/ui/clock."]').href);
            showClock(new Date(Date.now() + left * 1000).toISOString());
        }""",
        left,
    )

    expect(page.tab.locator("#announcer")).to_have_text(
        re.compile(rf"^This chat is gone {warning}\. The button “Keep for another hour” is in the header\.$")
    )
    expect(page.tab.locator("#clock")).to_have_class(re.compile("is-amber"))


def test_a_cleared_chat_comes_back_in_every_tab(visit: Visit) -> None:
    one = visit()
    one.say("Do not forget me")
    one.expect_answers(1)
    two = visit(one.user_id())

    one.menu("Clear this chat")

    for page in (one, two):
        expect(page.tab.get_by_role("heading", name="This chat was cleared")).to_be_visible()
        expect(page.said("Do not forget me")).to_be_hidden()
    two.tab.get_by_role("button", name="Undo").click()
    for page in (one, two):
        expect(page.said("Do not forget me")).to_be_visible()
        expect(page.composer).to_be_visible()
        page.expect_live()
    one.say("Still here")
    two.expect_answers(2)


def test_delete_clears_a_row_and_undo_brings_it_back(visit: Visit) -> None:
    page = visit()
    page.create("Row to clear")
    page.create("Row to stay")
    page.tab.get_by_role("button", name="Sessions").click()

    page.row("Row to clear").locator(".row-open").press("Delete")

    expect(page.row("Row to clear")).to_have_count(0)
    page.sessions_modal.get_by_role("button", name="Undo").click()
    expect(page.row("Row to clear")).to_be_visible()


def test_a_chat_near_its_end_can_be_kept_longer(
    start_server: StartServer, visitor: BrowserContext, witness: Witness
) -> None:
    short = start_server(NONO_SESSION_TTL="120")
    witness.address = short.address
    page = ChatPage(visitor.new_page(), short.address).open()
    clock = page.tab.locator("#clock time")
    expect(clock).to_have_text(re.compile(r"1:5[0-8]"))
    before = clock.get_attribute("datetime")

    page.tab.get_by_role("button", name="Keep for another").click()

    expect(page.tab.locator("#toast")).to_contain_text("Kept until")
    expect(clock).not_to_have_attribute("datetime", before or "")


def test_an_expired_chat_stays_readable_and_can_be_begun_again(
    start_server: StartServer, visitor: BrowserContext, witness: Witness
) -> None:
    short = start_server(NONO_SESSION_TTL="4")
    witness.address = short.address
    page = ChatPage(visitor.new_page(), short.address).open()
    name = page.user_id()
    expect(page.tab.get_by_role("button", name="Keep for another")).to_be_visible()
    page.say("Soon gone")
    expect(page.said("Soon gone")).to_have_attribute("data-seq", "1")
    page.composer.fill("Not sent yet")

    expect(page.tab.get_by_role("heading", name="gone from our server")).to_be_visible(timeout=20_000)
    expect(page.said("Soon gone")).to_be_visible()
    expect(page.tab.get_by_text("What you had not sent yet is kept.")).to_be_visible()
    with page.tab.expect_download() as download:
        page.tab.locator("[data-ending=expired]").get_by_role("button", name="Download as text").click()
    assert "Soon gone" in download.value.path().read_text("utf-8")
    page.tab.get_by_role("button", name="Start again", exact=True).click()

    page.expect_user(name)
    expect(page.said("Soon gone")).to_have_count(0)
    expect(page.composer).to_have_value("Not sent yet")
