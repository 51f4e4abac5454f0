"""Pages load nothing from elsewhere and say so to the browser; none breaks its own policy."""

import re

import pytest
from playwright.sync_api import BrowserContext, Response, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit, Witness
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

HEAVIEST = 160_000
"""Bytes over the wire for a first visit."""


@pytest.fixture
def visitor(newcomer: BrowserContext) -> BrowserContext:
    """A browser that writes every violation down as an error in its console."""
    newcomer.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => console.error('refused', e.violatedDirective))"
    )
    return newcomer


def test_the_chat_keeps_to_its_policy(visit: Visit) -> None:
    page = visit()
    page.create("Under a policy", "Clara")
    page.say("Hello")
    page.expect_answers(1)
    page.menu("Dark")
    page.menu("Everything we hold on you")
    expect(page.tab.locator("#held-list [data-kind=chat_history]")).to_be_visible()
    page.tab.keyboard.press("Escape")
    page.tab.get_by_role("button", name="Sessions").click()
    expect(page.row("Under a policy")).to_be_visible()


def test_a_script_from_text_is_refused(visit: Visit, witness: Witness) -> None:
    page = visit()
    witness.forgive("refused|TrustedHTML|Trusted")

    broke = page.tab.evaluate("""() => {
        try { document.body.innerHTML = "<img src=x onerror='window.broken = 1'>"; } catch (e) { return e.name; }
    }""")

    assert broke == "TypeError"
    assert any("TrustedHTML" in one for one in witness.complaints)
    assert page.tab.evaluate("window.broken") is None


def test_the_api_page_works_under_its_own(visitor: BrowserContext, nono: Server) -> None:
    tab = visitor.new_page()
    answer = tab.goto(f"{nono.address}/api/docs")

    expect(tab.get_by_text("/api/session/create")).to_be_visible()
    tab.get_by_text("/api/session/create").click()
    expect(tab.get_by_role("button", name="Try it out")).to_be_visible()
    assert "script-src 'self'" in policy_of(answer)


def test_the_admin_works_under_its_own(visitor: BrowserContext, nono: Server) -> None:
    tab = visitor.new_page()
    answer = tab.goto(f"{nono.address}/admin/")

    expect(tab.get_by_label("Username")).to_be_visible()
    assert "script-src 'self'" in policy_of(answer)
    assert "unsafe" not in policy_of(answer)


def test_a_first_visit_is_light(visitor: BrowserContext, nono: Server) -> None:
    tab = visitor.new_page()
    network = visitor.new_cdp_session(tab)
    network.send("Network.enable")
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))

    ChatPage(tab, nono.address).open()

    assert len(sizes) > 40
    assert sum(sizes) < HEAVIEST, f"{sum(sizes):.0f} bytes"


@pytest.mark.parametrize("choice", ["Light", "Dark"])
def test_the_browser_s_own_bar_follows_the_chosen_colours(choice: str, visit: Visit) -> None:
    page = visit()
    bars = page.tab.locator("meta[name=theme-color]")
    light, dark = (bar.get_attribute("content") for bar in bars.all())

    page.menu(choice)

    assert {bar.get_attribute("content") for bar in bars.all()} == {light if choice == "Light" else dark}
    page.menu("Auto")
    assert [bar.get_attribute("content") for bar in bars.all()] == [light, dark]


@pytest.mark.parametrize(("kind", "extension"), [("Markdown", "md"), ("HTML", "html"), ("JSON", "json")])
def test_the_menu_hands_over_the_export(kind: str, extension: str, visit: Visit) -> None:
    page = visit()
    page.say("Keep this, please")
    page.expect_answers(1)

    with page.tab.expect_download() as download:
        page.menu(kind)

    assert re.search(rf"\.{extension}$", download.value.suggested_filename)
    assert "Keep this, please" in download.value.path().read_text("utf-8")


def policy_of(answer: Response | None) -> str:
    """Returns the policy that an answer carries."""
    assert answer
    return answer.headers["content-security-policy"]
