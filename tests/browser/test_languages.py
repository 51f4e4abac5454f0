"""The page in other languages, in a real browser: choosing, room for long words, no English left in it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sessions_app import personas
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.scripted_socket import ScriptedSocket
from tests.browser.test_accessibility import violations
from tests.support import pseudo
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

# Everything that is to be read or heard in what is shown, without keys, what people wrote and what Intl makes.
SPOKEN = """() => {
  const skipped = "script, style, template, noscript, kbd, .message-text, #announcer, [data-announcer], [dir=auto], "
    + "[lang]:not(html), [data-relative], .held-size";
  const found = [document.title];
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest(skipped) || element.getClientRects().length === 0) continue;
    for (const name of ["aria-label", "alt", "placeholder", "title"]) found.push(element.getAttribute(name) ?? "");
    for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
  }
  return found;
}"""

# Buttons whose words do not fit into them, and parts of the header that lie over each other.
CROWDED = """() => {
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.getClientRects().length);
  const cut = shown("button:not(.copy), summary").filter((one) => one.scrollWidth > one.clientWidth + 1
    && getComputedStyle(one).display !== "inline").map((one) => `cut: ${one.textContent.trim()}`);
  const parts = shown(".bar :is(.whose, #persona, #clock, #keep-longer, #connection, .help-link, .tools > *)");
  const boxes = parts.map((one) => [one, one.getBoundingClientRect()]);
  for (const [one, a] of boxes) {
    for (const [other, b] of boxes) {
      if (one !== other && a.left < b.left && a.right > b.left + 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) {
        cut.push(`${one.id || one.className} lies over ${other.id || other.className}`);
      }
    }
  }
  return cut;
}"""


def test_a_language_is_chosen_in_the_menu_and_stays(visit: Visit) -> None:
    page = visit()
    page.create("First")
    page.create("Second")

    with page.tab.expect_request(lambda request: request.method == "POST") as choice:
        choose(page.tab, "Deutsch")

    expect(page.tab.locator("html")).to_have_attribute("lang", "de")
    page.expect_live()
    # A browser that says "null" here would be refused where it does not say besides that the site is the same.
    assert choice.value.all_headers()["origin"] == page.address
    assert page.tab.url.endswith("/chat/Second")  # not the one that the page was loaded for
    expect(page.tab.get_by_role("button", name="Neu", exact=True)).to_be_visible()
    expect(page.tab.locator("#connection")).to_have_text("Live")
    expect(page.tab.locator("#persona")).to_contain_text("Standardassistent")
    expect(page.tab.locator("#clock")).to_contain_text("Min.")
    assert page.tab.evaluate("django.gettext('just now')") == "gerade eben"

    page.tab.goto(page.address)
    expect(page.tab.get_by_placeholder("Schreib eine Nachricht")).to_be_visible()
    choose(page.tab, "English")
    expect(page.tab.get_by_placeholder("Write a message")).to_be_visible()
    assert page.tab.evaluate("typeof django") == "undefined"


def test_a_draft_outlives_a_change_of_language(visit: Visit) -> None:
    page = visit()
    page.composer.fill("Half a thought")

    choose(page.tab, "Français")

    expect(page.tab.locator("html")).to_have_attribute("lang", "fr")
    expect(page.tab.locator("#message")).to_have_value("Half a thought")


@pytest.mark.parametrize("address", ["/", "/help"])
def test_a_language_is_chosen_without_scripts(address: str, chromium: Browser, nono: Server) -> None:
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(nono.address + address)

    tab.get_by_role("button", name="Español").last.click()

    expect(tab.locator("html")).to_have_attribute("lang", "es")
    assert tab.url == nono.address + address
    context.close()


def test_a_refusal_is_said_in_the_page_s_language(chromium: Browser, nono: Server) -> None:
    page = german_page(chromium, nono.address)
    for _ in range(2):
        page.tab.locator("[data-action=openNewSessionModal]").first.click()
        page.tab.locator("#display-name").fill("Doppelt")
        page.tab.locator("#new-session-modal [type=submit]").click()

    expect(page.tab.locator("#new-session-problem")).to_contain_text("gibt es schon")
    page.tab.context.close()


@pytest.mark.thorough
@pytest.mark.parametrize("locale", ["de", "es", "fr", "pt"])
def test_long_words_have_room(locale: str, chromium: Browser, nono: Server) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 640}, locale=locale)
    page = ChatPage(context.new_page(), nono.address).open()
    say(page.tab, "Hm")
    page.expect_answers(1)
    page.tab.evaluate("document.getElementById('keep-longer').hidden = false")
    for width in (320, 360, 704, 1000, 1216):
        page.tab.set_viewport_size({"width": width, "height": 640})
        assert_has_room(page.tab)
        page.tab.locator("#menu summary").click()
        assert_has_room(page.tab)
        for opened in ("openNewSessionModal", "openManageSessionsModal"):
            page.tab.locator(f"[data-action={opened}]").first.click()
            assert_has_room(page.tab)
            page.tab.keyboard.press("Escape")
    context.close()


@pytest.mark.thorough
@pytest.mark.parametrize("width", [360, 1000])
def test_axe_finds_nothing_in_german(width: int, chromium: Browser, nono: Server) -> None:
    page = german_page(chromium, nono.address, width=width)
    assert violations(page.tab) == []
    page.tab.locator("#menu summary").click()
    assert violations(page.tab) == []
    page.tab.locator("[data-action=openNewSessionModal]").first.click()
    assert violations(page.tab) == []
    page.tab.goto(f"{nono.address}/help")
    assert violations(page.tab) == []
    page.tab.context.close()


@pytest.fixture(scope="module")
def marking_nono(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose German is made of marks."""
    catalogues = pseudo.write_catalogues(tmp_path_factory.mktemp("pseudo") / "locale")
    server = Server(
        tmp_path_factory.mktemp("nono"),
        DJANGO_SETTINGS_MODULE="tests.support.pseudo_settings",
        PSEUDO_LOCALE=str(catalogues),
    )
    server.start()
    yield server
    server.stop()


@pytest.mark.thorough
def test_no_state_of_the_page_shows_a_sentence_that_is_not_translated(chromium: Browser, marking_nono: Server) -> None:
    page = german_page(chromium, marking_nono.address)
    tab = page.tab
    assert_is_marked(tab)
    say(tab, "Hello")
    page.expect_answers(1)
    assert_is_marked(tab)
    for opened in ("openShortcuts", "openHeldModal"):
        tab.locator("#menu summary").click()
        assert_is_marked(tab)
        tab.locator(f"[data-action={opened}]").first.click()
        assert_is_marked(tab)
        tab.keyboard.press("Escape")
    for _ in range(2):  # the second time its name is taken
        tab.locator("[data-action=openNewSessionModal]").first.click()
        assert_is_marked(tab)
        tab.locator("#display-name").fill("Sam")
        tab.locator("#new-session-modal [type=submit]").click()
    expect(tab.locator("#new-session-problem")).not_to_be_empty()
    assert_is_marked(tab)
    tab.keyboard.press("Escape")
    tab.locator("[data-action=openManageSessionsModal]").first.click()
    expect(tab.locator("#sessions-list .row").first).to_be_visible()
    assert_is_marked(tab)
    tab.keyboard.press("Escape")
    tab.locator("#message").fill("x" * 4001)
    assert_is_marked(tab)
    tab.locator("#message").fill("")
    tab.locator("#menu summary").click()
    tab.locator("[data-action=clearOpenSession]").first.click()
    expect(tab.locator("#toast")).to_be_visible()
    assert_is_marked(tab)
    tab.goto(f"{marking_nono.address}/chat/Nobody")
    expect(tab.locator("#endings section:visible")).to_be_visible()
    assert_is_marked(tab)
    tab.context.close()


@pytest.mark.thorough
def test_no_state_of_a_model_s_reply_shows_such_a_sentence(chromium: Browser, marking_nono: Server) -> None:
    context = chromium.new_context(locale="de-DE")
    socket = ScriptedSocket(context.new_page())
    page = socket.take_over(ChatPage(socket.tab, marking_nono.address))
    waiting = page.transcript.locator(".dots-wait")
    for phase in ("thinking", "loading", ""):
        socket.start()
        for seconds, shown in ((2, "^⟦" if phase else "^$"), (13, r"… ⟦\d\d\ss⟧⟧$"), (73, r"… ⟦1\smin\s\d\d\ss⟧⟧$")):
            socket.status(phase, seconds_ago=seconds)
            expect(waiting).to_have_text(re.compile(shown))
            said = [one.name for one in personas.every("de")]
            assert pseudo.unmarked([waiting.inner_text()], said) == []
    ends: list[dict[str, Any]] = [{"finish_reason": finish} for finish in ("length", "content_filter", "refusal")]
    ends += [{"state": "error", "finish_reason": "length"}]
    reasons = "unreachable timeout key quota broken internal context policy busy empty another".split()
    ends += [{"state": "error", "reason": reason} for reason in reasons]
    ends += [{"state": "error", "reason": "busy", "retry_at": f"{year}-01-01T12:00:00+00:00"} for year in (2020, 2120)]
    for seq, end in enumerate(ends, start=1):
        socket.start(in_reply_to=2 * seq - 1)
        socket.complete("", seq=2 * seq, reasoning="", **end)
        expect(page.transcript.locator(f"[data-seq='{2 * seq}'] .message-state")).to_contain_text("⟦")
    socket.start(in_reply_to=2 * len(ends) + 1)
    socket.complete("Text", seq=2 * len(ends) + 2, reasoning="Text")
    expect(page.transcript.locator("summary")).to_be_visible()
    assert_is_marked(page.tab)
    context.close()


@pytest.mark.thorough
def test_an_unmarked_sentence_would_be_found(chromium: Browser, marking_nono: Server) -> None:
    page = german_page(chromium, marking_nono.address)
    page.tab.evaluate("document.querySelector('.send').title = 'Send it'")
    page.tab.evaluate("document.querySelector('.about').append('Left in English.')")

    assert unmarked(page.tab) == ["Send it", "Left in English."]
    page.tab.context.close()


def german_page(chromium: Browser, address: str, width: int = 1000) -> ChatPage:
    context = chromium.new_context(viewport={"width": width, "height": 720}, locale="de-DE", reduced_motion="reduce")
    return ChatPage(context.new_page(), address).open()


def say(tab: Page, text: str) -> None:
    tab.locator("#message").fill(text)
    tab.locator("#message").press("Enter")


def choose(tab: Page, name: str) -> None:
    tab.locator("#menu summary").click()
    tab.locator("#menu").get_by_role("button", name=name).click()
    tab.wait_for_load_state()


def assert_has_room(tab: Page) -> None:
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate(CROWDED) == []


def unmarked(tab: Page) -> list[str]:
    said = [word for one in personas.every("de") for word in (one.name, one.role, one.greeting)]
    units = ["Byte", "kB"]  # are the browser's words
    return pseudo.unmarked(tab.evaluate(SPOKEN), [*said, *units, "Sam", "Nobody", "user"])


def assert_is_marked(tab: Page) -> None:
    assert unmarked(tab) == []
