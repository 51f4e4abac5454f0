"""A chat that is open in as many tabs as it may be: what the next one says, and how it goes on."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, expect
from websockets.sync.client import ClientConnection, connect

from nono.realtime.connection_limits import PER_SESSION
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import StartServer, Witness

pytestmark = [pytest.mark.thorough, pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_tab_too_many_says_so_and_goes_on_when_another_closes(
    start_server: StartServer, visitor: BrowserContext, witness: Witness
) -> None:
    nono = start_server(NONO_ACCESS="shared", NONO_RATE_LIMITS="on")
    witness.address = nono.address
    page = ChatPage(visitor.new_page(), nono.address).open()
    page.expect_live()
    user_id = page.user_id()
    page.tab.goto("about:blank")
    with ExitStack() as stack:
        others = [stack.enter_context(other_tab(nono.address, user_id)) for _ in range(PER_SESSION)]
        page.tab.goto(f"{nono.address}/chat/{quote(user_id)}")
        expect(page.pill).to_have_text(re.compile("Too many open tabs: close one"))

        others.pop().close()
        page.tab.evaluate("dispatchEvent(new Event('online'))")  # or after the ten seconds that it waits

        expect(page.pill).to_have_text(re.compile("Live|Back again"))


@contextmanager
def other_tab(address: str, user_id: str) -> Iterator[ClientConnection]:
    """Has the chat open; tries again while the place of the tab that has just left is not free yet."""
    while True:
        with connect(f"{address.replace('http', 'ws')}/ws/chat/{quote(user_id)}") as tab:
            if json.loads(tab.recv(timeout=10))["type"] == "welcome":
                yield tab
                return
