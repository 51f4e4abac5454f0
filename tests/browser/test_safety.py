"""Help on the screen: there with the first words of danger, readable, usable by keyboard, and never in the way."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from chat_app.safety.fixed_texts import fixed_text
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit, Witness
from tests.browser.scripted_socket import ScriptedSocket
from tests.browser.test_accessibility import violations
from tests.support.scripted_endpoint import Conduct, ModelEndpoint, drops, hangs, says
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

CRISIS = "I want to kill myself"
IMMINENT = "I took all the pills an hour ago"
ABOUT_OTHER = "I'm worried my friend wants to kill herself"


@pytest.fixture(scope="module")
def british(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for visitors in the United Kingdom, with rate limits."""
    server = Server(tmp_path_factory.mktemp("british"), NONO_HELPLINE_COUNTRY="GB", NONO_RATE_LIMITS="on")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(visitor: BrowserContext, british: Server, witness: Witness) -> ChatPage:
    """A tab on a new chat of its own."""
    witness.address = british.address
    return ChatPage(visitor.new_page(), british.address).open()


@pytest.fixture(scope="module")
def model() -> Iterator[ModelEndpoint]:
    """A model's endpoint, on an event loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    endpoint = ModelEndpoint(drops)
    asyncio.run_coroutine_threadsafe(endpoint.__aenter__(), loop).result(10)
    yield endpoint
    asyncio.run_coroutine_threadsafe(endpoint.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def with_model(model: ModelEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose replies come from that endpoint."""
    server = Server(tmp_path_factory.mktemp("model"), LLM_BASE_URL=model.base_url, LLM_MODEL="tiny", LLM_TIMEOUT="2")
    server.start()
    yield server
    server.stop()


def expect_card(tab: Page, size: str) -> None:
    """Waits until the card is there, in full or slim, and as it looks so it says it is."""
    expect(tab.locator("#safety")).to_have_attribute("data-size", size)
    expect(tab.locator("#safety-body")).to_be_visible(visible=size == "full")
    expect(toggle(tab)).to_have_attribute("aria-expanded", str(size == "full").lower())


def toggle(tab: Page) -> Locator:
    return tab.locator("[data-action=toggleSafety]")


def calls(tab: Page) -> list[str]:
    """Returns the buttons of the slim bar as they stand there, from the left and from the top."""
    expect_card(tab, "slim")
    places = [(one.bounding_box(), one.inner_text()) for one in tab.locator("#safety .way:visible").all()]
    return [text for _, _, text in sorted((box["y"], box["x"], text) for box, text in places if box)]


def test_it_comes_in_full_with_the_ways_to_reach_a_person(page: ChatPage) -> None:
    expect(page.tab.locator("#safety")).to_be_hidden()
    page.say(CRISIS)

    expect_card(page.tab, "full")
    card = page.tab.get_by_role("region", name="Are you safe right now?")
    expect(card.get_by_role("link", name="Call 116 123")).to_have_attribute("href", "tel:116123")
    expect(card.get_by_role("link", name="Text SHOUT to 85258")).to_have_attribute("href", "sms:85258")
    expect(card.get_by_role("link", name="Call 999")).to_be_visible()
    expect(card).to_contain_text("This is a program. Nobody is watching over this chat")


@pytest.mark.thorough
@pytest.mark.parametrize("size", [(360, 740), (360, 400), (640, 400), (1280, 800)], ids=str)
def test_the_buttons_that_call_are_in_sight_at_any_height(size: tuple[int, int], visit: Visit) -> None:
    page = visit()
    page.tab.set_viewport_size({"width": size[0], "height": size[1]})
    page.say(CRISIS)

    for shown in ("full", "slim"):
        expect_card(page.tab, shown)
        for number in ("112", "911"):
            button = page.tab.locator("#safety").get_by_role("link", name=f"Call {number}")
            expect(button).to_have_attribute("href", f"tel:{number}")
            expect(button).to_be_in_viewport(ratio=1)
            assert button.bounding_box()["height"] >= 44  # type: ignore[index]
        toggle(page.tab).click()


def test_it_is_never_in_the_way(page: ChatPage) -> None:
    page.say(CRISIS)
    expect_card(page.tab, "full")

    expect(page.composer).to_be_focused()
    page.expect_answers(1)
    page.say("Still here")
    page.expect_answers(2)
    expect(page.transcript.locator(".message").last).to_be_in_viewport()


def test_it_is_announced_once_and_politely(page: ChatPage) -> None:
    announcer = page.tab.locator("#safety-announcer")
    expect(announcer).to_be_empty()
    page.say(CRISIS)

    expect(announcer).to_have_text("Ways to get help are shown above the messages.")
    expect(announcer).to_have_role("status")


def test_it_is_made_smaller_and_opened_again_by_keyboard(page: ChatPage) -> None:
    page.say(CRISIS)
    expect_card(page.tab, "full")

    page.tab.locator(".help-link").focus()
    for _ in range(30):
        if toggle(page.tab).evaluate("button => button === document.activeElement"):
            break
        page.tab.keyboard.press("Tab")
    page.tab.keyboard.press("Enter")
    expect_card(page.tab, "slim")
    expect(toggle(page.tab)).to_be_focused()
    expect(page.tab.locator("#safety").get_by_role("link", name="Call 116 123")).to_be_visible()

    page.tab.keyboard.press("Enter")
    expect_card(page.tab, "full")


def test_it_stays_small_until_more_is_said_and_grows_again_when_the_level_rises(page: ChatPage) -> None:
    page.say("I can't go on any more")
    expect_card(page.tab, "full")
    toggle(page.tab).click()
    page.expect_answers(1)

    page.say("I feel like a burden to everyone")
    page.expect_answers(2)
    expect_card(page.tab, "slim")

    page.say(CRISIS)
    expect_card(page.tab, "full")


def test_somebody_who_is_worried_about_another_gets_their_version(page: ChatPage) -> None:
    page.say(ABOUT_OTHER)

    expect(page.tab.get_by_role("region", name="Are they safe right now?")).to_be_visible()
    expect(page.tab.get_by_text("Asking does not put the idea into anybody’s head")).to_be_visible()
    expect(page.tab.get_by_text("Be with someone.")).to_be_hidden()


def test_a_reload_and_another_tab_show_it_and_another_chat_does_not(page: ChatPage, visitor: BrowserContext) -> None:
    page.say(CRISIS)
    page.expect_answers(1)
    other = ChatPage(visitor.new_page(), page.address).open(page.user_id())
    expect_card(other.tab, "full")

    page.say("What is the weather like?")
    page.expect_answers(2)
    page.tab.reload()
    page.expect_live()
    expect_card(page.tab, "slim")

    page.create("Another chat")
    expect(page.tab.locator("#safety")).to_be_hidden()


def test_it_comes_also_when_the_message_has_to_wait_for_the_rate_limit(page: ChatPage) -> None:
    for number in range(11):
        page.say(f"Number {number}")
    expect(page.transcript.locator("[data-state=waiting]").first).to_be_visible()
    page.say(CRISIS)

    expect(page.said(CRISIS)).to_have_attribute("data-state", "waiting")
    expect_card(page.tab, "full")


@pytest.mark.thorough
@pytest.mark.parametrize("conduct", [drops, hangs, says("Just kill yourself.")], ids=["down", "slow", "hostile"])
def test_it_comes_however_the_model_fares(
    conduct: Conduct, model: ModelEndpoint, with_model: Server, visitor: BrowserContext, witness: Witness
) -> None:
    model.conducts = [conduct]
    witness.address = with_model.address
    page = ChatPage(visitor.new_page(), with_model.address).open()
    page.say(CRISIS)

    expect_card(page.tab, "full")
    page.expect_answers(1)
    expect(page.transcript).not_to_contain_text("kill yourself")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("width", "height", "scheme"),
    [(360, 720, "light"), (360, 720, "dark"), (640, 400, "light"), (1280, 720, "light"), (1280, 720, "dark")],
)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    width: int, height: int, scheme: str, chromium: Browser, british: Server
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    tab = context.new_page()
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = ChatPage(tab, british.address).open()
    page.say(CRISIS)
    page.expect_answers(1)
    expect_card(tab, "full")
    for summary in tab.locator("#safety summary").all():
        summary.click()

    assert violations(tab) == []
    expect(page.composer).to_be_in_viewport()
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    toggle(tab).click()
    assert violations(tab) == []
    for address in ("/help", "/safety", "/nothing/here"):
        tab.goto(british.address + address)
        assert violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_the_help_page_is_there_without_scripts(chromium: Browser, british: Server) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 640})
    tab = context.new_page()
    tab.goto(british.address)
    tab.locator(".help-link").first.click()

    expect(tab.get_by_role("heading", name="Get help now")).to_be_visible()
    expect(tab.get_by_role("link", name="Call 999")).to_be_in_viewport()
    tab.get_by_text("Lines by country").click()
    tab.get_by_text("Austria", exact=True).click()
    expect(tab.get_by_role("link", name="Call 142")).to_be_visible()
    context.close()


def test_while_the_server_is_away_the_link_opens_what_the_page_has(
    with_model: Server, visitor: BrowserContext, witness: Witness
) -> None:
    witness.address = with_model.address
    witness.forgive("ERR_CONNECTION_REFUSED|WebSocket connection")
    page = ChatPage(visitor.new_page(), with_model.address).open()
    with_model.stop()
    try:
        expect(page.pill).to_have_attribute("data-connection", "reconnecting")
        page.tab.locator(".help-link").click()

        expect_card(page.tab, "full")
        expect(page.tab.locator("#safety-body")).to_be_focused()
    finally:
        with_model.start()


def test_the_plan_stays_in_this_browser(page: ChatPage) -> None:
    sent: list[str] = []
    page.tab.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    page.tab.reload()
    page.expect_live()
    page.say(CRISIS)
    page.tab.get_by_text("A short plan for hard moments").click()
    page.tab.get_by_label("Whom I can be with, or call").fill("My sister")
    expect(page.tab.get_by_text("Kept in this browser.")).to_be_visible()
    page.tab.reload()

    page.tab.get_by_text("A short plan for hard moments").click()
    expect(page.tab.get_by_label("Whom I can be with, or call")).to_have_value("My sister")
    page.tab.get_by_role("button", name="Delete the plan").click()
    expect(page.tab.get_by_label("Whom I can be with, or call")).to_have_value("")
    assert page.tab.evaluate("localStorage.getItem('nono:plan')") is None
    assert not [frame for frame in sent if "sister" in frame]


@pytest.mark.thorough
def test_it_says_at_the_start_and_every_three_hours_that_this_is_a_program(
    visitor: BrowserContext, british: Server, witness: Witness
) -> None:
    witness.address = british.address
    tab = visitor.new_page()
    tab.clock.install()
    page = ChatPage(tab, british.address).open()
    notices = page.transcript.get_by_text("You are talking to a computer program, not to a person.")
    expect(notices).to_have_count(1)

    tab.clock.fast_forward("02:55:00")
    expect(notices).to_have_count(1)
    tab.clock.fast_forward("00:10:00")
    expect(notices).to_have_count(2)


def test_who_is_about_to_act_reads_whom_to_reach_first(page: ChatPage) -> None:
    page.say("I am going to kill myself tonight, the pills are in my hand")
    page.expect_answers(1)

    answer = page.transcript.locator(".message[data-role=assistant][data-seq]").first
    expect(answer).to_contain_text(fixed_text("imminent", "en").partition("\n")[0])
    expect(answer).to_contain_text("116 123")


def test_in_a_slim_bar_the_emergency_number_is_first_where_it_is_happening(page: ChatPage) -> None:
    page.tab.set_viewport_size({"width": 360, "height": 740})
    page.say(CRISIS)
    page.expect_answers(1)
    toggle(page.tab).click()
    assert calls(page.tab) == ["Call 116 123", "Call 999"]

    page.say(IMMINENT)
    page.expect_answers(2)
    toggle(page.tab).click()
    assert calls(page.tab) == ["Call 999", "Call 116 123"]


def test_who_writes_of_another_later_finds_what_helps_them(page: ChatPage) -> None:
    page.say(CRISIS)
    page.expect_answers(1)
    toggle(page.tab).click()
    page.say(ABOUT_OTHER)

    expect_card(page.tab, "full")
    expect(page.tab.get_by_text("Ask them directly:")).to_be_in_viewport()
    expect(page.tab.get_by_role("region", name="Are you safe right now?")).to_be_visible()


@pytest.mark.thorough
def test_it_says_who_may_be_reading_as_it_is(socket: ScriptedSocket, nono: Server) -> None:
    socket.tab.set_viewport_size({"width": 360, "height": 740})
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    alone = page.tab.get_by_text("Nobody is watching over this chat")
    observed = page.tab.get_by_text("An operator has this chat open, but may not act on it.")
    socket.start()
    socket.say("safety", level="crisis", card=True)
    expect(alone).to_be_visible()
    expect(observed).to_be_hidden()

    socket.say("observer", present=True)
    expect(observed).to_be_visible()
    expect(alone).to_be_hidden()
    assert violations(page.tab) == []
    card, bar = (page.tab.locator(one) for one in ("#safety", "#observed"))
    colour = "one => getComputedStyle(one).backgroundColor"
    assert card.evaluate(colour) != bar.evaluate(colour)
    scroller = page.tab.locator("#scroller").bounding_box()
    assert scroller
    assert scroller["height"] > 150


def test_it_stands_in_the_column_of_the_messages_and_fades_where_more_is_below(page: ChatPage) -> None:
    page.tab.set_viewport_size({"width": 1280, "height": 800})
    page.say(CRISIS)
    page.expect_answers(1)
    expect_card(page.tab, "full")
    [note, button, transcript] = [
        page.tab.locator(one).bounding_box() for one in (".safety-note", ".safety-toggle", "#transcript")
    ]
    assert note
    assert button
    assert transcript
    assert note["x"] == transcript["x"]
    assert button["x"] + button["width"] == transcript["x"] + transcript["width"]

    card = page.tab.locator("#safety")
    fade = card.evaluate("one => parseFloat(getComputedStyle(one, '::after').height)")
    assert fade > 20
    card.evaluate("one => one.scrollTo(0, one.scrollHeight)")
    end, last = card.bounding_box(), page.tab.locator(".safety-note").bounding_box()
    assert end
    assert last
    assert last["y"] + last["height"] <= end["y"] + end["height"] - fade, "the last line is not under it"


@pytest.mark.thorough
def test_addresses_in_a_fixed_reply_are_links(visit: Visit) -> None:
    page = visit()
    page.say(IMMINENT)
    page.expect_answers(1)

    link = page.transcript.get_by_role("link", name="findahelpline.com")
    expect(link).to_have_attribute("href", "https://findahelpline.com")


@pytest.mark.thorough
def test_the_link_to_help_is_as_large_as_a_finger(chromium: Browser, nono: Server) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    tab = context.new_page()
    for address in ("/", "/safety"):
        tab.goto(nono.address + address)
        height = tab.locator(".help-link").first.evaluate(
            """link => {
                const {x, y, width} = link.getBoundingClientRect();
                const hit = (dy) => document.elementFromPoint(x + width / 2, y + dy)?.closest(".help-link") === link;
                return [...Array(80).keys()].filter((dy) => hit(dy - 30)).length;
            }"""
        )
        assert height >= 44
    context.close()
