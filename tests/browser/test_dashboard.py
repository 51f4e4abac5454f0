"""The dashboard in a real browser: drawn under the strict policy, in both colour schemes."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from nono.environment import PROJECT
from tests.browser.conftest import Witness
from tests.browser.test_accessibility import violations
from tests.support.server import Server

pytestmark = [pytest.mark.thorough, pytest.mark.browser]

OPERATOR = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": "not-a-secret-here"}


def requests_of(server: Server) -> Callable[..., None]:
    """Returns how one visitor asks this server."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def post(path: str, **body: str) -> None:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{server.address}{path}", json.dumps(body).encode(), headers)
        opener.open(request, timeout=50).close()

    return post


@pytest.fixture(scope="module")
def nono(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an operator, where something was said."""
    data = tmp_path_factory.mktemp("watched")
    server = Server(data)
    server.start()
    words = ["manage.py", "createsuperuser", "--noinput", "--email", "olga@example.org"]
    variables = {**os.environ, **OPERATOR, "NONO_DATA_DIR": str(data)}
    subprocess.run([sys.executable, *words], cwd=PROJECT, env=variables, check=True, stdout=subprocess.DEVNULL)
    visitor = requests_of(server)
    visitor("/api/session/create", user_id="Ann")
    visitor("/api/chat", user_id="Ann", message="hello")
    yield server
    server.stop()


@pytest.fixture(params=["light", "dark", "phone"])
def index(chromium: Browser, nono: Server, witness: Witness, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The admin's first page, to an operator who just signed in."""
    narrow = request.param == "phone"
    context = chromium.new_context(
        color_scheme="dark" if request.param == "dark" else "light",
        viewport={"width": 360, "height": 740} if narrow else {"width": 1280, "height": 900},
    )
    witness.watch(context)
    page = context.new_page()
    page.goto(f"{nono.address}/admin/")
    page.get_by_label("Username").fill(OPERATOR["DJANGO_SUPERUSER_USERNAME"])
    page.get_by_label("Password").fill(OPERATOR["DJANGO_SUPERUSER_PASSWORD"])
    page.get_by_role("button", name="Log in").click()
    yield page
    context.close()
    assert witness.left() == []


def test_the_dashboard_is_drawn_for_everybody(index: Page) -> None:
    expect(index.get_by_role("heading", name="Right now")).to_be_visible()
    # What was counted a second ago is there at the next look.
    for _ in range(20):
        if index.locator("path.bars").count():
            break
        index.wait_for_timeout(250)
        index.reload()
    chart = index.get_by_role("img", name="Messages, Last hour")
    expect(chart).to_be_visible()
    drawn, around = chart.locator("path.bars").bounding_box(), chart.bounding_box()
    assert drawn
    assert around
    assert drawn["height"] > around["height"] / 3
    assert index.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(index.get_by_role("table", name="Last hour").first).to_be_hidden()
    index.locator("summary").first.click()
    expect(index.get_by_role("table", name="Last hour").first).to_be_visible()
    assert violations(index) == []


@pytest.mark.parametrize("index", ["light"], indirect=True)
def test_colours_follow_the_scheme_that_was_chosen_here(index: Page) -> None:
    def fill() -> str:
        return str(index.locator(".key.calm").first.evaluate("one => getComputedStyle(one).fill"))

    index.evaluate("document.documentElement.dataset.theme = 'light'")
    light = fill()
    index.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert fill() != light
