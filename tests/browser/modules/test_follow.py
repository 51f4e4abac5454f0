"""chat/follow.js: the end of the conversation stays in view while the reader is there."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.modules.conftest import ModulePage

BODY = """
<div id="scroller" tabindex="0" style="height: 200px; overflow: auto"><div id="content"></div></div>
<button id="jump" hidden><span class="jump-text"></span></button>
"""
AT_END = "() => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 8"
FRAMES = (
    "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(drawn))))"
)


@pytest.fixture
def chat(page: ModulePage) -> ModulePage:
    page.open(BODY)
    page.run('(await load("chat/follow.js")).init()')
    return page


def call(page: ModulePage, function: str) -> None:
    page.run(f'(await load("chat/follow.js")).{function}()')


def grow(page: ModulePage, height: int) -> None:
    page.tab.evaluate("height => (content.style.height = `${height}px`)", height)
    page.tab.evaluate(FRAMES)


def scroll_up(page: ModulePage) -> None:
    """Scrolls with the wheel to the start."""
    page.tab.locator("#scroller").hover()
    page.tab.mouse.wheel(0, -10_000)
    page.tab.wait_for_function("() => scroller.scrollTop === 0")
    page.tab.evaluate(FRAMES)


def jump(page: ModulePage) -> Locator:
    return page.tab.locator("#jump")


def test_an_empty_chat_stays_at_its_start(chat: ModulePage) -> None:
    call(chat, "resetScroll")
    grow(chat, 1_000)

    assert chat.tab.evaluate("scroller.scrollTop") == 0
    expect(jump(chat)).to_be_hidden()


def test_what_grows_is_followed(chat: ModulePage) -> None:
    call(chat, "markNotEmpty")
    for height in (500, 1_000, 5_000):
        grow(chat, height)
        chat.tab.wait_for_function(AT_END)
    expect(jump(chat)).to_be_hidden()


def test_a_room_that_shrinks_is_followed_too(chat: ModulePage) -> None:
    call(chat, "markNotEmpty")
    grow(chat, 1_000)
    chat.tab.evaluate("scroller.style.height = '120px'")

    chat.tab.wait_for_function(AT_END)


def test_a_reader_who_scrolled_up_is_left_alone(chat: ModulePage) -> None:
    call(chat, "markNotEmpty")
    grow(chat, 1_000)
    scroll_up(chat)
    grow(chat, 2_000)

    assert chat.tab.evaluate("scroller.scrollTop") == 0
    expect(jump(chat)).to_have_text("Latest")


def test_messages_that_came_out_of_sight_are_counted(chat: ModulePage) -> None:
    call(chat, "markNotEmpty")
    call(chat, "countUnseen")
    grow(chat, 1_000)
    scroll_up(chat)
    call(chat, "countUnseen")
    expect(jump(chat)).to_have_text("1 new message")
    call(chat, "countUnseen")
    expect(jump(chat)).to_have_text("2 new messages")


def test_messages_that_came_in_sight_are_not_counted(chat: ModulePage) -> None:
    call(chat, "markNotEmpty")
    grow(chat, 1_000)
    call(chat, "countUnseen")
    scroll_up(chat)

    expect(jump(chat)).to_have_text("Latest")


def test_a_jump_to_the_latest_message_follows_again(chat: ModulePage) -> None:
    call(chat, "markNotEmpty")
    grow(chat, 1_000)
    scroll_up(chat)
    jump(chat).focus()
    call(chat, "jumpToLatest")
    chat.tab.wait_for_function(AT_END)
    expect(jump(chat)).to_be_hidden()
    expect(chat.tab.locator("#scroller")).to_be_focused()

    grow(chat, 2_000)
    chat.tab.wait_for_function(AT_END)


def test_a_reader_who_scrolls_back_to_the_end_is_followed_again(chat: ModulePage) -> None:
    call(chat, "markNotEmpty")
    grow(chat, 1_000)
    scroll_up(chat)
    chat.tab.mouse.wheel(0, 10_000)
    chat.tab.wait_for_function(AT_END)
    expect(jump(chat)).to_be_hidden()

    grow(chat, 2_000)
    chat.tab.wait_for_function(AT_END)
