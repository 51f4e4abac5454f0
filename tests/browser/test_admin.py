"""The operator's pages in a real browser: finding chats, clearing and exporting them, reading one while it goes on."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from nono.environment import PROJECT
from sessions_app import personas
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Witness
from tests.support.server import Server

pytestmark = pytest.mark.browser

LIST = "/admin/sessions_app/chatsession/"
PASSWORD = "not-a-secret-here"
PERMISSIONS: dict[str, tuple[str, ...]] = {
    "viewer": ("view_chatsession",),
    "reader": ("view_chatsession", "read_transcript"),
    "stranger": (),
}
MAKE_OPERATORS = f"""
from django.contrib.auth.models import Permission, User
User.objects.create_superuser("boss", password={PASSWORD!r})
for name, permissions in {PERMISSIONS!r}.items():
    user = User.objects.create_user(name, password={PASSWORD!r}, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
"""

Desk = Callable[..., Page]


@pytest.fixture(scope="module")
def nono(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with operators of several rights."""
    data = tmp_path_factory.mktemp("operated")
    server = Server(data)
    server.start()
    variables = {**os.environ, "NONO_DATA_DIR": str(data)}
    words = [sys.executable, "manage.py", "shell", "--command", MAKE_OPERATORS]
    subprocess.run(words, cwd=PROJECT, env=variables, check=True, stdout=subprocess.DEVNULL)
    yield server
    server.stop()


@pytest.fixture
def desk(chromium: Browser, nono: Server, witness: Witness) -> Iterator[Desk]:
    """Opens the list of chats in a browser of its own, for an operator who just signed in."""
    opened: list[BrowserContext] = []

    def sign_in(name: str = "boss", **options: bool) -> Page:
        context = chromium.new_context(viewport={"width": 1200, "height": 800}, **options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        witness.watch(context)
        opened.append(context)
        page = context.new_page()
        page.goto(f"{nono.address}{LIST}")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"{nono.address}{LIST}")
        return page

    yield sign_in
    for context in opened:
        context.close()
    assert witness.left() == []


@pytest.fixture
def two_chats(visitor: BrowserContext, nono: Server) -> None:
    for name, persona in (("John & Ann", "default"), ("Eve", "creative_writer")):
        body = {"user_id": name, "persona": persona}
        visitor.request.post(f"{nono.address}/api/session/create", data=body)


@pytest.fixture
def chat(visitor: BrowserContext, nono: Server) -> ChatPage:
    """A visitor's chat, open in their own browser."""
    page = ChatPage(visitor.new_page(), nono.address).open()
    expect(page.tab.locator("#user-id")).to_have_text(re.compile("^user_"))
    return page


def open_transcript(desk: Page, name: str, reason: str = "a complaint") -> None:
    desk.get_by_placeholder("A part of the name").fill(name)
    desk.get_by_role("button", name="Search").click()
    desk.get_by_role("link", name=name).click()
    desk.get_by_role("link", name="Read transcript").click()
    desk.get_by_label("Reason").fill(reason)
    desk.get_by_role("button", name="Read transcript").click()


def names_on(desk: Page) -> Locator:
    return desk.locator("#result_list tbody th bdi")


def test_an_operator_finds_a_chat_and_reads_it_for_a_reason(
    desk: Desk, two_chats: None, visitor: BrowserContext, nono: Server
) -> None:
    visitor.request.post(f"{nono.address}/api/chat", data={"user_id": "John & Ann", "message": "<b>hello</b>"})
    page = desk()
    page.get_by_placeholder("A part of the name").fill("& ann")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_role("link", name="John & Ann").click()
    page.get_by_role("link", name="Read transcript").click()
    page.get_by_role("button", name="Read transcript").click()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    page.get_by_label("Reason").fill("a complaint")
    page.get_by_role("button", name="Read transcript").click()
    expect(page.locator(".transcript li").first).to_contain_text("<b>hello</b>")
    page.get_by_role("link", name="Close").click()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("Reason: a complaint")).to_be_visible()
    assert "hello" not in page.content()


def test_the_list_is_filtered_and_sorted(desk: Desk, two_chats: None) -> None:
    page = desk()
    page.get_by_role("link", name="Name", exact=True).click()
    expect(names_on(page)).to_have_text(["Eve", "John & Ann"])
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Name")
    page.get_by_title("Toggle sorting").click()
    expect(names_on(page)).to_have_text(["John & Ann", "Eve"])
    writer = personas.get("creative_writer").name
    page.get_by_role("navigation", name="Filter").get_by_role("link", name=writer, exact=True).click()
    expect(page.get_by_text("1 result (show all)")).to_be_visible()
    expect(names_on(page)).to_have_text(["Eve"])


CUT = """() => {
  const edge = document.querySelector(".results").getBoundingClientRect().right;
  const isCut = (cell) => cell.getBoundingClientRect().right > edge || cell.scrollWidth > cell.offsetWidth;
  const cells = [...document.querySelectorAll("#result_list :is(th, td)")];
  return cells.filter((cell) => cell.offsetWidth && isCut(cell)).map((cell) => cell.outerHTML);
}"""
LONG = "W" * 64


@pytest.mark.thorough
@pytest.mark.parametrize("width", [1280, 1024, 360])
def test_nothing_of_the_list_is_cut(desk: Desk, visitor: BrowserContext, nono: Server, width: int) -> None:
    for name in ("user_1795387550104", LONG):
        visitor.request.post(f"{nono.address}/api/session/create", data={"user_id": name})
    page = desk()
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate(CUT) == []
    named = page.get_by_role("link", name="user_1795387550104")
    box = named.bounding_box()
    assert box
    assert box["height"] < 30  # one line
    row = page.locator("#result_list tbody tr").first
    for fact in ("Default Assistant", "s ago", "min"):
        expect(row).to_contain_text(fact)
    words = "getComputedStyle(document.querySelector('[data-words=Messages]'), '::before').content"
    assert page.evaluate(words) == ("none" if width == 1280 else '"Messages: "')


def test_a_transcript_opens_at_its_end_and_follows_whoever_is_there(desk: Desk, chat: ChatPage) -> None:
    chat.say("line\n" * 80)
    chat.expect_answers(1)
    page = desk()
    open_transcript(page, chat.user_id())
    expect(page.locator("#following")).to_have_attribute("data-state", "live")
    lines, latest = page.locator(".transcript li"), page.get_by_role("link", name="Latest message")
    expect(lines.last).to_be_in_viewport()
    expect(lines.first.locator("time")).not_to_be_in_viewport()
    expect(latest).to_be_hidden()
    chat.say("Who are you?\n" * 10)
    chat.expect_answers(2)
    expect(lines).to_have_count(4)
    expect(lines.last).to_be_in_viewport()

    page.evaluate("scrollTo(0, 0)")
    expect(latest).to_be_visible()
    chat.say("I want to kill myself")
    chat.expect_answers(3)
    expect(lines).to_have_count(6)
    assert page.evaluate("scrollY") == 0
    latest.click()
    expect(lines.last).to_be_in_viewport()
    expect(latest).to_be_hidden()
    assert [mark.inner_text() for mark in page.locator(".level:visible").all()] == ["Crisis"]
    expect(lines.nth(4).locator(".level")).to_have_class("level crisis")


@pytest.mark.thorough
def test_the_log_says_who_read_which_chat_also_on_a_phone(desk: Desk, chat: ChatPage) -> None:
    page, name = desk(), chat.user_id()
    open_transcript(page, name, "complaint 4711")
    page.get_by_role("link", name="Back to the chat").click()
    page.goto(page.url.partition("/admin/")[0] + "/admin/admin/logentry/")
    page.get_by_role("textbox").first.fill(name)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 740})
        row = page.locator("#result_list tbody tr").first
        for fact in (name, "boss", "Read the transcript. Reason: complaint 4711"):
            expect(row).to_contain_text(fact)
        assert page.evaluate(CUT) == []


def test_what_a_visitor_says_appears_while_it_is_said_and_the_visitor_knows(desk: Desk, chat: ChatPage) -> None:
    page, notice = desk(), chat.tab.locator("#observed")
    expect(notice).to_be_hidden()
    open_transcript(page, chat.user_id())
    expect(page.locator("#following")).to_have_text("Live: what is said appears here by itself.")
    expect(notice).to_be_visible()
    expect(page.get_by_text("Nothing was said yet.")).to_be_visible()

    chat.say("I <i>cannot</i> sleep.")
    expect(page.locator(".transcript li.user .said")).to_have_text("I <i>cannot</i> sleep.")
    chat.expect_answers(1)
    answer = page.locator(".transcript li.assistant:not(.growing) .said")
    expect(answer).to_have_count(1)
    assert answer.inner_text() == last_reply(chat)
    expect(page.get_by_text("Nothing was said yet.")).to_be_hidden()

    page.get_by_role("link", name="Close").click()
    expect(notice).to_be_hidden()


def test_a_second_tab_of_the_visitor_is_told_and_a_dead_browser_is_missed(
    desk: Desk, chat: ChatPage, visitor: BrowserContext, nono: Server
) -> None:
    page = desk("reader")
    open_transcript(page, chat.user_id())
    expect(page.locator("#following")).to_have_attribute("data-state", "live")
    other = ChatPage(visitor.new_page(), nono.address).open(chat.user_id())
    expect(other.tab.locator("#observed")).to_be_visible()
    page.context.close()
    expect(other.tab.locator("#observed")).to_be_hidden()
    expect(chat.tab.locator("#observed")).to_be_hidden()


@pytest.mark.thorough
def test_a_transcript_without_javascript_is_told_too(desk: Desk, chat: ChatPage) -> None:
    chat.say("Hello.")
    chat.expect_answers(1)
    page = desk(java_script_enabled=False)
    open_transcript(page, chat.user_id())
    expect(page.locator(".transcript li.user .said")).to_have_text("Hello.")
    expect(page.locator("#following")).to_have_text("As it was when you opened this page.")
    expect(chat.tab.locator("#observed")).to_be_visible()


@pytest.mark.thorough
def test_a_transcript_ends_with_its_chat(desk: Desk, chat: ChatPage, visitor: BrowserContext, nono: Server) -> None:
    page, name = desk(), chat.user_id()
    open_transcript(page, name)
    expect(page.locator("#following")).to_have_attribute("data-state", "live")
    visitor.request.delete(f"{nono.address}/api/session/{name}/clear")
    expect(page.locator("#following")).to_have_text("The chat was cleared.")
    visitor.request.post(f"{nono.address}/api/session/{name}/undo")
    expect(page.locator("#following")).to_have_attribute("data-state", "live")


@pytest.mark.thorough
def test_an_operator_exports_for_a_reason(desk: Desk, two_chats: None, chat: ChatPage) -> None:
    chat.say("Hello.")
    chat.expect_answers(1)
    page = desk("reader")
    page.get_by_label(f"Select {chat.user_id()} for an action").check()
    page.get_by_label("Action:").select_option("Export selected chats")
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_label("Reason").fill("a request for data")
    page.get_by_label("JSON, for programs").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert json.loads(download.value.path().read_text())["messages"][0]["content"] == "Hello."


@pytest.mark.thorough
def test_who_may_only_view_is_offered_nothing_else(desk: Desk, two_chats: None, witness: Witness, nono: Server) -> None:
    page = desk("viewer")
    expect(page.locator("#result_list tbody tr").first).to_be_visible()
    expect(page.get_by_label("Action:")).to_have_count(0)
    page.get_by_role("link", name="Eve", exact=True).click()
    expect(page.get_by_role("link", name="History")).to_be_visible()
    expect(page.get_by_role("link", name="Read transcript")).to_have_count(0)
    expect(page.get_by_role("button", name="Extend")).to_have_count(0)
    witness.forgive("403")
    answer = page.goto(page.url.replace("/change/", "/transcript/"))
    assert answer
    assert answer.status == 403


def test_who_may_nothing_sees_nothing(desk: Desk, two_chats: None, witness: Witness) -> None:
    witness.forgive("403")
    page = desk("stranger")
    expect(page.get_by_role("heading", name="This is not for you to see")).to_be_visible()
    assert "Eve" not in page.content()


def test_an_operator_clears_the_ticked_chats_after_a_question(desk: Desk, two_chats: None) -> None:
    page = desk()
    page.get_by_label("Select all chats of this page").check()
    number = names_on(page).count()
    expect(page.get_by_text(f"{number} of {number} selected")).to_be_visible()
    page.get_by_label("Action:").select_option("Clear selected chats")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_text(f"{number} chats")).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text(f"Cleared {number} chats.")).to_be_visible()
    expect(page.get_by_text("No chats at the moment.")).to_be_visible()


@pytest.mark.thorough
def test_pages_lead_on_and_back(desk: Desk, visitor: BrowserContext, nono: Server) -> None:
    for number in range(101):
        visitor.request.post(f"{nono.address}/api/session/create", data={"user_id": f"crowd {number}"})
    page = desk("viewer")
    page.goto(f"{page.url}?q=crowd")  # other tests leave chats here
    expect(page.get_by_text("100 of 101 chats")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(names_on(page)).to_have_text(["crowd 0"])
    page.get_by_role("link", name="First page").click()
    expect(names_on(page).first).to_have_text("crowd 100")


def last_reply(chat: ChatPage) -> str:
    answer = chat.tab.request.get(f"{chat.address}/api/session/{chat.user_id()}/history").json()
    return str(answer["messages"][-1]["content"])
