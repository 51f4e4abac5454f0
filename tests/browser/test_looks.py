"""What holds in every state: text stays text, nothing leaves the page, nothing scrolls sideways."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit, Witness
from tests.browser.scripted_socket import ScriptedSocket
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

HOSTILE = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>\"'</p>&amp;"


def test_a_hostile_message_is_text(visit: Visit) -> None:
    page = visit()

    page.say(HOSTILE)
    page.expect_answers(1)
    page.tab.reload()

    expect(page.said(HOSTILE)).to_be_visible()
    assert page.transcript.locator("img, script").count() == 0
    assert page.tab.evaluate("window.broken") is None


def test_a_hostile_name_is_refused_in_words(visit: Visit, witness: Witness) -> None:
    witness.forgive("422")
    page = visit()

    page.try_to_create("<img src=x onerror=alert(1)>")

    expect(page.new_modal.get_by_role("alert")).to_contain_text("Allowed are")
    assert page.new_modal.locator("img").count() == 0


def test_a_hostile_address_is_text(visitor: BrowserContext, nono: Server, witness: Witness) -> None:
    witness.forgive("422|404")
    page = ChatPage(visitor.new_page(), nono.address)

    page.tab.goto(f"{nono.address}/chat/{quote(HOSTILE, safe='')}")

    expect(page.tab.locator("[data-slot=name]")).to_have_text(HOSTILE)
    expect(page.tab.get_by_role("heading", name="There is no chat of this name")).to_be_visible()
    assert page.tab.evaluate("window.broken") is None


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_scrolls_sideways(width: int, visit: Visit, visitor: BrowserContext) -> None:
    tab = visitor.new_page()
    tab.set_viewport_size({"width": width, "height": 640})
    page = visit(tab=tab)
    _assert_fits(tab)
    page.create(f"A-name-without-a-single-space-as-long-as-a-name-may-be-{width:_>9}")
    page.say("a" * 400 + "\n" + "word " * 50)
    page.expect_answers(1)
    _assert_fits(tab)
    tab.locator("#menu summary").click()
    _assert_fits(tab)
    tab.get_by_role("button", name="Everything we hold on you").click()
    expect(tab.locator("#held-list [data-kind=chat_history]")).to_be_visible()
    _assert_fits(tab)
    tab.keyboard.press("Escape")
    tab.locator("[data-action=openNewSessionModal]").first.click()
    _assert_fits(tab)
    tab.keyboard.press("Escape")
    tab.locator("[data-action=openManageSessionsModal]").first.click()
    expect(page.sessions_modal.get_by_role("listitem").first).to_be_visible()
    _assert_fits(tab)
    page.sessions_modal.get_by_role("button", name="Clear all").click()
    _assert_fits(tab)


@pytest.mark.parametrize("width", [320, 1280])
def test_what_is_wider_than_the_page_scrolls_by_itself(width: int, socket: ScriptedSocket, nono: Server) -> None:
    socket.tab.set_viewport_size({"width": width, "height": 640})
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    socket.start()
    socket.complete("```\n" + "a long line " * 40 + "\n```\n\n" + "|a" * 60 + "\n" + "|-" * 60 + "\n" + "|word" * 60)
    socket.say("observer", present=True)
    expect(page.transcript.locator("pre")).to_be_visible()
    expect(socket.tab.locator("#observed")).to_be_visible()

    _assert_fits(socket.tab)
    assert page.transcript.locator("pre").evaluate("e => e.scrollWidth > e.clientWidth")


def test_it_works_at_twice_the_size(chromium: Browser, nono: Server) -> None:
    """A window of 1280 x 720 at 200 % (WCAG 1.4.4): half as many CSS pixels, each twice as large."""
    context = chromium.new_context(viewport={"width": 640, "height": 360}, device_scale_factor=2)
    page = ChatPage(context.new_page(), nono.address).open()
    page.say("Can you read this?")
    page.expect_answers(1)
    _assert_fits(page.tab)
    expect(page.composer).to_be_in_viewport(ratio=1)
    assert page.tab.locator("#scroller").evaluate("e => e.clientHeight") > 100
    for opened, closing in (("New", "Start chat"), ("Sessions", "New session")):
        page.tab.get_by_role("button", name=opened, exact=True).click()
        expect(page.tab.get_by_role("button", name=closing, exact=True)).to_be_in_viewport(ratio=1)
        _assert_fits(page.tab)
        page.tab.keyboard.press("Escape")
    page.menu("Everything we hold on you")
    expect(page.tab.get_by_role("button", name="Close", exact=True)).to_be_in_viewport(ratio=1)
    _assert_fits(page.tab)
    context.close()


def test_enter_breaks_the_line_on_a_touch_keyboard(chromium: Browser, nono: Server) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = ChatPage(context.new_page(), nono.address).open()

    page.composer.fill("One")
    page.composer.press("Enter")
    page.composer.press_sequentially("Two")

    expect(page.composer).to_have_value("One\nTwo")
    page.tab.get_by_role("button", name="Send").tap()
    page.expect_answers(1)
    context.close()


def test_shift_enter_breaks_the_line_and_composition_does_not_send(visit: Visit) -> None:
    page = visit()
    page.composer.fill("One")

    page.composer.press("Shift+Enter")
    page.composer.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    page.composer.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})

    expect(page.composer).to_have_value("One\n")
    assert page.messages() == []


def test_a_message_that_is_too_long_is_not_sent(visit: Visit) -> None:
    page = visit()

    page.say("x" * 4001)

    expect(page.tab.locator("#composer-note")).to_have_text("1 character too long.")
    assert len(page.composer.input_value()) == 4001
    page.say("x" * 3999 + "🙂")
    page.expect_answers(1)


def test_the_reader_is_left_where_they_read(visit: Visit) -> None:
    page = visit()
    for number in range(3):
        page.say(f"Question {number}\n" + "a long one\n" * 20)
        page.expect_answers(number + 1)
    scroller = page.tab.locator("#scroller")
    assert scroller.evaluate("s => s.scrollHeight - s.scrollTop - s.clientHeight < 8")

    scroller.hover()
    page.tab.mouse.wheel(0, -900)
    jump = page.tab.get_by_role("button", name="Latest")
    expect(jump).to_be_visible()
    before = scroller.evaluate("s => s.scrollTop")
    visit(page.user_id()).say("From the other tab")
    page.expect_answers(4)

    assert scroller.evaluate("s => s.scrollTop") == before
    page.tab.get_by_role("button", name="new message").click()
    expect(page.said("From the other tab")).to_be_in_viewport()


def test_a_long_history_opens_at_its_end_and_is_left_without_a_jump(visit: Visit) -> None:
    page = visit()
    page.say("Hello")
    page.expect_answers(1)
    sizes = [f"{seq} " + "word " * (seq * 37 % 300) for seq in range(1, 201)]
    told = [
        ScriptedSocket.message(seq, "user" if seq % 2 else "assistant", text) for seq, text in enumerate(sizes, start=1)
    ]
    page.tab.route("**/history", lambda route: route.fulfill(json={**route.fetch().json(), "messages": told}))
    page.tab.route_web_socket("**/ws/chat/**", lambda _: None)

    page.tab.reload()

    newest = page.transcript.locator("[data-seq='200']")
    expect(newest).to_be_in_viewport()
    expect(page.tab.locator("#jump")).to_be_hidden()
    before = newest.evaluate("e => e.getBoundingClientRect().top")
    page.log.hover()
    page.tab.mouse.wheel(0, -300)
    expect(page.tab.locator("#jump")).to_be_visible()
    assert newest.evaluate("e => e.getBoundingClientRect().top") - before == pytest.approx(300, abs=5)


@pytest.mark.parametrize("choice", ["Light", "Dark"])
def test_the_colours_can_be_chosen_and_stay(choice: str, visit: Visit) -> None:
    page = visit()

    page.menu(choice)
    page.tab.reload()

    assert page.tab.locator("html").get_attribute("data-theme") == choice.lower()
    assert page.tab.evaluate("getComputedStyle(document.documentElement).colorScheme") == choice.lower()


def test_without_javascript_nothing_pretends_to_work(chromium: Browser, nono: Server) -> None:
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()

    tab.goto(f"{nono.address}/")

    expect(tab.get_by_role("heading", name="Nono")).to_be_visible()
    # The choice of language is a plain form.
    assert tab.locator("button:visible:not([name=language]), textarea:visible").count() == 0
    context.close()


def _assert_fits(tab: Page) -> None:
    for part in ("html", "#scroller", "dialog[open] .modal-body"):
        for element in tab.locator(part).all():
            wide, room = element.evaluate("e => [e.scrollWidth, e.clientWidth]")
            assert wide <= room, f"{part} is {wide} px wide and has {room} px"
