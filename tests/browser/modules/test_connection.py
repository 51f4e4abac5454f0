"""chat/connection.js: the pill that says whether the page is connected."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.modules.conftest import ModulePage

BODY = """
<p id="connection" data-connection="connecting"><span class="pill-text"></span></p>
<button id="try-now" hidden>Try now</button><div id="scroller" tabindex="0"></div><p id="announcer"></p>
"""


@pytest.fixture
def live(page: ModulePage) -> ModulePage:
    page.open_with_stopped_clock(BODY)
    page.run('(await load("chat/connection.js")).init()')
    show(page, "showConnection", "live")
    return page


def show(page: ModulePage, function: str, argument: object) -> None:
    page.run(f'(await load("chat/connection.js")).{function}(argument)', argument)


def pill(page: ModulePage) -> Locator:
    return page.tab.locator("#connection")


def go_down(page: ModulePage, for_ms: int) -> None:
    show(page, "showConnection", "down")
    page.tab.clock.run_for(for_ms)


def test_a_short_outage_is_not_shown(live: ModulePage) -> None:
    go_down(live, 1_900)
    expect(pill(live)).to_have_text("Live")

    show(live, "showConnection", "live")
    live.tab.clock.run_for(60_000)
    expect(pill(live)).to_have_text("Live")
    assert live.tab.locator("#announcer").text_content() == ""


def test_after_two_seconds_it_reconnects_and_after_fifteen_it_is_offline(live: ModulePage) -> None:
    go_down(live, 2_100)
    expect(pill(live)).to_have_text("Reconnecting …")
    live.tab.clock.run_for(100)
    expect(live.tab.locator("#announcer")).to_have_text("Reconnecting …")

    live.tab.clock.run_for(13_000)
    expect(pill(live)).to_have_text("Offline")


def test_a_second_attempt_does_not_start_the_outage_anew(live: ModulePage) -> None:
    go_down(live, 10_000)
    go_down(live, 5_100)

    expect(pill(live)).to_have_text("Offline")


def test_a_device_without_network_is_offline_at_once(live: ModulePage) -> None:
    live.tab.context.set_offline(True)
    go_down(live, 2_100)

    expect(pill(live)).to_have_text("Offline")


def test_a_network_that_goes_away_while_it_reconnects_makes_it_offline(live: ModulePage) -> None:
    go_down(live, 2_100)
    live.tab.evaluate("dispatchEvent(new Event('offline'))")

    expect(pill(live)).to_have_text("Offline")


def test_after_an_outage_it_says_that_it_is_back_and_what_came_meanwhile(live: ModulePage) -> None:
    go_down(live, 3_000)
    show(live, "showConnection", "live")
    expect(pill(live)).to_have_text("Back again")
    show(live, "showMissedCount", 2)
    expect(pill(live)).to_have_text("Back again, 2 new messages")

    live.tab.clock.run_for(3_100)
    expect(pill(live)).to_have_text("Live")


def test_it_catches_up_until_everything_is_confirmed(live: ModulePage) -> None:
    go_down(live, 3_000)
    show(live, "showWaiting", {"waiting": 2, "unconfirmed": 2})
    expect(pill(live)).to_have_text("Reconnecting …, 2 messages waiting")

    show(live, "showConnection", "live")
    show(live, "showWaiting", {"waiting": 0, "unconfirmed": 1})
    expect(pill(live)).to_have_text("Catching up (1)")
    show(live, "showWaiting", {"waiting": 0, "unconfirmed": 0})
    expect(pill(live)).to_have_text("Back again")


def test_the_button_is_offered_only_while_a_message_waits(live: ModulePage) -> None:
    button = live.tab.locator("#try-now")
    go_down(live, 3_000)
    expect(button).to_be_hidden()

    show(live, "showWaiting", {"waiting": 1, "unconfirmed": 1})
    expect(button).to_be_visible()
    button.focus()

    show(live, "showConnection", "live")
    expect(button).to_be_hidden()
    expect(live.tab.locator("#scroller")).to_be_focused()


@pytest.mark.parametrize(("state", "words"), [("crowded", "Too many open tabs: close one"), ("ended", "")])
def test_a_state_that_reconnecting_cannot_change_is_shown_at_once(state: str, words: str, live: ModulePage) -> None:
    go_down(live, 1_000)
    show(live, "showConnection", state)
    live.tab.clock.run_for(60_000)

    expect(pill(live)).to_have_attribute("data-connection", state)
    expect(pill(live)).to_have_text(words)
