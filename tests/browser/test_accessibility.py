"""axe-core (WCAG 2.2 A and AA, and best practices) finds nothing in any state of the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import StartServer, Visit, Witness
from tests.browser.scripted_socket import ScriptedSocket
from tests.browser.test_markdown import ANSWER
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
RUN = "axe.run({rules: {'target-size': {enabled: true}}}).then((result) => result.violations)"


def test_empty(visit: Visit) -> None:
    assert violations(visit().tab) == []


def test_with_the_menu_open(visit: Visit) -> None:
    page = visit()
    page.tab.locator("#menu summary").click()

    assert violations(page.tab) == []


def test_streaming_and_after_it(socket: ScriptedSocket, nono: Server) -> None:
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    socket.start()
    assert violations(page.tab) == []
    socket.chunk(ANSWER)
    expect(page.transcript.locator("pre")).to_be_visible()
    assert violations(page.tab) == []

    socket.complete(ANSWER, state="stopped")
    expect(page.transcript.locator("[data-state=stopped]")).to_be_visible()
    assert violations(page.tab) == []


def test_a_long_history_with_everything_in_it(socket: ScriptedSocket, nono: Server) -> None:
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    for seq in range(1, 40, 2):
        socket.start(in_reply_to=seq, context_from=max(1, seq - 20))
        socket.complete(ANSWER, seq=seq + 1, context_from=max(1, seq - 20))
    expect(page.transcript.locator("[data-seq='40']")).to_be_visible()

    assert violations(page.tab) == []


@pytest.mark.parametrize("opened", ["New", "Sessions"])
def test_with_a_modal_open(opened: str, visit: Visit) -> None:
    page = visit()
    name = f"One of two, {opened}"
    page.create(name)

    page.tab.get_by_role("button", name=opened, exact=True).click()
    if opened == "Sessions":
        expect(page.row(name)).to_be_visible()

    assert violations(page.tab) == []


def test_with_a_refusal_in_the_form(visit: Visit, witness: Witness) -> None:
    witness.forgive("422")
    page = visit()
    page.try_to_create("not/allowed")
    expect(page.new_modal.get_by_role("alert")).to_contain_text("Allowed are")

    assert violations(page.tab) == []


def test_with_the_list_of_keys_open(visit: Visit) -> None:
    page = visit()
    page.menu("Keyboard shortcuts")

    assert violations(page.tab) == []


def test_expired(start_server: StartServer, visitor: BrowserContext, witness: Witness) -> None:
    short = start_server(NONO_SESSION_TTL="4")
    witness.address = short.address
    page = ChatPage(visitor.new_page(), short.address).open()
    page.say("Soon gone")
    expect(page.tab.get_by_role("heading", name="gone from our server")).to_be_visible(timeout=20_000)

    assert violations(page.tab) == []


def test_offline_with_a_message_waiting(start_server: StartServer, visitor: BrowserContext, witness: Witness) -> None:
    own_nono = start_server()
    witness.address = own_nono.address
    witness.forgive("ERR_CONNECTION_REFUSED|WebSocket connection")
    page = ChatPage(visitor.new_page(), own_nono.address).open()
    own_nono.stop()
    expect(page.pill).to_have_attribute("data-connection", "reconnecting")
    page.say("Meanwhile")
    expect(page.said("Meanwhile")).to_have_attribute("data-state", "waiting")

    assert violations(page.tab) == []


def test_missing(visitor: BrowserContext, nono: Server, witness: Witness) -> None:
    witness.forgive("404")
    tab = visitor.new_page()
    tab.goto(f"{nono.address}/chat/Nobody%20at%20all")
    expect(tab.get_by_role("heading", name="There is no chat of this name")).to_be_visible()

    assert violations(tab) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_in_either_colours_and_any_width(scheme: str, width: int, chromium: Browser, nono: Server) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 720}, reduced_motion="reduce")
    tab = context.new_page()
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    socket = ScriptedSocket(tab)
    socket.take_over(ChatPage(tab, nono.address))
    socket.start()
    socket.complete(ANSWER, state="error")
    socket.say("error", code="store_unavailable", message="The store is away. Try again in a moment.")
    expect(tab.locator("#toast")).to_be_visible()

    assert violations(tab) == []
    context.close()


def waits_to_think(socket: ScriptedSocket) -> None:
    socket.start()
    socket.status("thinking", seconds_ago=72)
    expect(socket.tab.locator(".dots-wait")).to_contain_text("is thinking …")


def waits_for_the_model(socket: ScriptedSocket) -> None:
    socket.start()
    socket.status("loading", seconds_ago=12)
    expect(socket.tab.locator(".dots-wait")).to_contain_text("The model is being loaded …")


def folds_its_reasoning(socket: ScriptedSocket) -> None:
    socket.start()
    socket.complete("Forty-two.", reasoning="First, what is asked?\n\n" + "Then, what is known. " * 20)
    expect(socket.tab.get_by_text("Thoughts", exact=True)).to_be_visible()


def unfolds_its_reasoning(socket: ScriptedSocket) -> None:
    folds_its_reasoning(socket)
    socket.tab.get_by_text("Thoughts", exact=True).click()
    expect(socket.tab.get_by_text("First, what is asked?")).to_be_visible()


def was_cut(socket: ScriptedSocket) -> None:
    socket.start()
    socket.complete("One, two,", finish_reason="length")
    expect(socket.tab.get_by_role("button", name="Continue")).to_be_visible()


def was_continued(socket: ScriptedSocket) -> None:
    was_cut(socket)
    socket.start_again(in_reply_to=2)
    socket.complete("three, four.", seq=3, continues=True)
    expect(socket.tab.locator("[data-seq='3']")).to_be_visible()


def was_withheld(socket: ScriptedSocket) -> None:
    socket.start()
    socket.complete("", state="error", finish_reason="content_filter")
    expect(socket.tab.get_by_text("Withheld by the provider.")).to_be_visible()


def was_badly_set_up(socket: ScriptedSocket) -> None:
    socket.start()
    socket.complete("", state="error", reason="key")
    expect(socket.tab.get_by_text("The model is not set up correctly.")).to_be_visible()


STATES = [
    waits_to_think,
    waits_for_the_model,
    folds_its_reasoning,
    unfolds_its_reasoning,
    was_cut,
    was_continued,
    was_withheld,
    was_badly_set_up,
]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_model_s_reply(state: Callable[[ScriptedSocket], None], width: int, chromium: Browser, nono: Server) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 720}, reduced_motion="reduce")
    tab = context.new_page()
    socket = ScriptedSocket(tab)
    socket.take_over(ChatPage(tab, nono.address))
    state(socket)

    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_axe_would_have_said_so(visit: Visit) -> None:
    page = visit()
    page.tab.evaluate("document.querySelector('.send').removeAttribute('aria-label')")
    page.tab.evaluate("document.querySelector('.send').removeAttribute('title')")

    assert [one.partition(":")[0] for one in violations(page.tab)] == ["button-name"]


def violations(tab: Page) -> list[str]:
    """Returns what axe has to say, one line for each place."""
    tab.evaluate(AXE)
    found: list[dict[str, Any]] = tab.evaluate(RUN)
    return [f"{one['id']}: {one['help']} at {node['target']}" for one in found for node in one["nodes"]]
