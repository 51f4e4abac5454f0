"""What the page keeps in view: an empty chat's start, one's own message, and the end while the reader is there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.scripted_socket import ScriptedSocket
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    """A small phone."""
    context = chromium.new_context(viewport={"width": 360, "height": 600}, has_touch=True, is_mobile=True)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def held(phone: BrowserContext, nono: Server) -> Iterator[tuple[ScriptedSocket, ChatPage]]:
    """A chat in the phone's hand that has nothing in it."""
    socket = ScriptedSocket(phone.new_page())
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    page.expect_live()
    yield socket, page
    socket.tab.close()


def scroller(page: ChatPage) -> Locator:
    return page.tab.locator("#scroller")


def expect_at_end(page: ChatPage) -> None:
    for _ in range(100):
        page.tab.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        if scroller(page).evaluate("s => s.scrollHeight - s.scrollTop - s.clientHeight < 8"):
            return
    raise AssertionError("The end of the chat is not in view.")


def jump(page: ChatPage) -> Locator:
    return page.tab.locator("#jump")


def test_an_empty_chat_is_read_from_its_beginning(held: tuple[ScriptedSocket, ChatPage]) -> None:
    _, page = held

    assert scroller(page).evaluate("s => s.scrollHeight > s.clientHeight + 8")  # or nothing could be cut
    expect(page.tab.locator("#welcome .avatar")).to_be_in_viewport(ratio=1)
    expect(jump(page)).to_be_hidden()


def test_what_the_page_does_itself_is_not_the_reader(held: tuple[ScriptedSocket, ChatPage]) -> None:
    socket, page = held
    socket.start()
    socket.chunk("A line\n\n" * 40)
    expect(page.transcript.locator("[data-state=streaming]")).to_contain_text("A line")
    expect_at_end(page)

    # Something above the end shrinks, so that the browser moves the page up, and something grows before it says so:
    # now and then that is how a phone has it. Not every browser anchors what is in view.
    page.tab.evaluate("""() => {
        const scroller = document.getElementById("scroller");
        const text = document.querySelector("[data-state=streaming] .message-text");
        const last = text.lastElementChild;
        scroller.style.overflowAnchor = "none";
        const before = scroller.scrollTop;
        text.style.display = "none";
        window.moved = before - scroller.scrollTop;
        text.style.display = "";
        last.style.paddingBottom = "500px";
        scroller.dispatchEvent(new Event("scroll"));
    }""")

    assert page.tab.evaluate("window.moved") > 0
    expect_at_end(page)
    expect(jump(page)).to_be_hidden()


def test_the_reader_who_scrolls_up_is_left_there_until_they_send(held: tuple[ScriptedSocket, ChatPage]) -> None:
    socket, page = held
    socket.start()
    socket.chunk("A line\n\n" * 40)
    expect_at_end(page)
    scroller(page).hover()
    page.tab.mouse.wheel(0, -400)
    expect(jump(page)).to_be_visible()
    before = scroller(page).evaluate("s => s.scrollTop")
    socket.chunk("More\n\n" * 40, offset=320)
    expect(page.transcript.locator("[data-state=streaming]")).to_contain_text("More")
    assert scroller(page).evaluate("s => s.scrollTop") == before

    page.composer.fill("I am here")
    page.tab.get_by_role("button", name="Send", exact=True).tap()

    expect(page.said("I am here")).to_be_in_viewport(ratio=1)
    expect(jump(page)).to_be_hidden()


def test_a_message_counts_once_and_ones_own_never(socket: ScriptedSocket, nono: Server) -> None:
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    socket.start()
    socket.complete("A line\n\n" * 60)
    expect(page.transcript.locator("[data-seq='2']")).to_be_attached()
    page.say("Mine")
    socket.expect_asked_for("message")
    page.log.hover()
    page.tab.mouse.wheel(0, -400)
    expect(jump(page)).to_be_visible()
    expect(jump(page)).to_have_text("Latest")

    mine = socket.heard[-1]["client_id"]
    message = {**ScriptedSocket.message(3, "user", "Mine"), "id": mine}
    socket.say("message", message=message, client_id=mine, duplicate=False)
    socket.say("start", reply_id="r4", in_reply_to=3, context_from=1)
    socket.say("chunk", reply_id="r4", offset=0, content="Yours")
    told = {"state": "done", "persona": "default", "in_reply_to": 3, "context_from": 1}
    stored = {**ScriptedSocket.message(4, "assistant", "Yours"), "id": "r4", "metadata": told}
    socket.say("complete", reply_id="r4", state="done", response="Yours", message=stored)

    expect(page.transcript.locator("[data-seq='4']")).to_be_attached()
    expect(jump(page)).to_have_text("1 new message")


def test_a_toast_covers_nothing(visit: Visit) -> None:
    page = visit()
    page.tab.set_viewport_size({"width": 360, "height": 740})

    page.tab.evaluate("""async () => {
        const {showToast} = await import(document.querySelector('link[href*="/js/ui/toast."]').href);
        showToast("A sentence that stands at the bottom of the page for a few seconds and has two lines.");
    }""")

    toast = page.tab.locator("#toast").bounding_box()
    room = scroller(page).bounding_box()
    field = page.composer.bounding_box()
    assert toast
    assert room
    assert field
    assert room["y"] + room["height"] <= toast["y"] <= field["y"] - toast["height"]
