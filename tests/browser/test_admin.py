"""The operator's pages in a real browser: signing in, finding a chat, clearing it, reading it for a reason."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from nono.environment import PROJECT
from tests.browser.conftest import Witness
from tests.server import Server

pytestmark = pytest.mark.browser

OPERATOR = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": "not-a-secret-here"}


@pytest.fixture(scope="module")
def nono(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an operator, as ``make createadmin`` makes one."""
    data = tmp_path_factory.mktemp("operated")
    server = Server(data)
    server.start()
    words = ["manage.py", "createsuperuser", "--noinput", "--email", "olga@example.org"]
    variables = {**os.environ, **OPERATOR, "NONO_DATA_DIR": str(data)}
    subprocess.run([sys.executable, *words], cwd=PROJECT, env=variables, check=True, stdout=subprocess.DEVNULL)
    yield server
    server.stop()


@pytest.fixture
def desk(visitor: BrowserContext, nono: Server, witness: Witness) -> Page:
    """The list of chats, opened by an operator who just signed in; two chats are on it."""
    for name in ("John & Ann", "Eve"):
        visitor.request.post(f"{nono.address}/api/session/create", data={"user_id": name})
    page = visitor.new_page()
    page.goto(f"{nono.address}/admin/sessions_app/chatsession/")
    page.get_by_label("Username").fill(OPERATOR["DJANGO_SUPERUSER_USERNAME"])
    page.get_by_label("Password").fill(OPERATOR["DJANGO_SUPERUSER_PASSWORD"])
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Chats", exact=True)).to_be_visible()
    return page


def test_an_operator_finds_a_chat_and_reads_it_for_a_reason(desk: Page, visitor: BrowserContext, nono: Server) -> None:
    visitor.request.post(f"{nono.address}/api/chat", data={"user_id": "John & Ann", "message": "<b>hello</b>"})
    desk.get_by_placeholder("A part of the name").fill("& ann")
    desk.get_by_role("button", name="Search").click()
    expect(desk.locator("#result_list tbody tr")).to_have_count(1)
    desk.get_by_role("link", name="John & Ann").click()
    desk.get_by_role("link", name="Read transcript").click()
    desk.get_by_role("button", name="Read transcript").click()
    expect(desk.get_by_text("This field is required.")).to_be_visible()
    desk.get_by_label("Reason").fill("a complaint")
    desk.get_by_role("button", name="Read transcript").click()
    expect(desk.locator(".transcript li").first).to_contain_text("<b>hello</b>")
    desk.get_by_role("link", name="Close").click()
    desk.get_by_role("link", name="History").click()
    expect(desk.get_by_text("Reason: a complaint")).to_be_visible()


def test_an_operator_clears_the_ticked_chats_after_a_question(desk: Page) -> None:
    desk.get_by_label("Select all chats of this page").check()
    expect(desk.get_by_text("2 of 2 selected")).to_be_visible()
    desk.get_by_label("Action:").select_option("Clear selected chats")
    desk.get_by_role("button", name="Go", exact=True).click()
    expect(desk.get_by_text("2 chats")).to_be_visible()
    desk.get_by_role("button", name="Yes, I’m sure").click()
    expect(desk.get_by_text("Cleared 2 chats.")).to_be_visible()
    expect(desk.get_by_text("No chats at the moment.")).to_be_visible()
