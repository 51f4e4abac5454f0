"""The real page, in Chromium, while the line of its chat breaks."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chat_page import ChatPage
from tests.faults.conftest import Note, StartNono, StartRedis
from tests.faults.cutting_proxy import Cut, CuttingProxy, Way
from tests.faults.extent import times
from tests.faults.rest import create
from tests.faults.table import Row
from tests.support.chromium import running_chromium
from tests.support.server import Server

pytestmark = [pytest.mark.redis, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(times(120, 600))]

SCRIPT = ("hello", "how are you? 😀")
SAMPLE = times(5, 60)
"""Cuts each way, evenly spread over what the script takes."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def chat_along(nono: Server, proxy: CuttingProxy, tab: Page, name: str, *plan: Cut) -> ChatPage:
    """Says what is in the script over a line that breaks as planned, and waits for its replies."""
    create(nono.address, name)
    proxy.cut(*plan)
    page = ChatPage(tab, proxy.address).open(name)
    for number, text in enumerate(SCRIPT, 1):
        page.say(text)
        page.expect_answers(number)
    return page


def test_after_a_cut_the_page_shows_what_the_server_has(
    tab: Page, start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    nono = start_nono(start_redis(), "brief")
    lost, tried = 0, 0
    with CuttingProxy(nono.address) as proxy:
        chat_along(nono, proxy, tab, "Measured")
        length = proxy.passed[0]
        for way in Way:
            for number in range(SAMPLE):
                cut = Cut(way, 1 + number * length[way] // SAMPLE)
                page = chat_along(nono, proxy, tab, f"Chat {tried}", cut, cut)
                shown, stored = page.messages(), page.history(f"Chat {tried}")
                said = [text for role, text in stored if role == "user"]
                lost += shown != stored or said != list(SCRIPT)
                tried += 1
    note(Row("the page in Chromium, cut twice", tried, len(SCRIPT) * tried, lost))
    assert lost == 0
