"""A real browser comes to the shipped nginx by its name, over http first, and chats there by https and HTTP/2."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chat_page import ChatPage
from tests.support.chromium import SWITCHES
from tests.support.proxy import NAME, Proxy, production

pytestmark = [pytest.mark.browser, pytest.mark.nginx]


@pytest.fixture
def tab(chromium: Browser, tmp_path: Path) -> Iterator[Page]:
    """A tab of a browser that finds nginx where everybody else would find the name."""
    (data := tmp_path / "data").mkdir()
    with production(data) as nono, Proxy(tmp_path / "nginx", nono.address) as proxy:
        places = {443: proxy.secure, 80: proxy.plain}
        found = ", ".join(f"MAP {NAME}:{theirs} 127.0.0.1:{ours}" for theirs, ours in places.items())
        program = shutil.which("chromium")
        browser = chromium.browser_type.launch(
            executable_path=program, args=[*SWITCHES, f"--host-resolver-rules={found}"]
        )
        yield browser.new_page(ignore_https_errors=True)  # nobody vouches for the certificate
        browser.close()


@pytest.mark.thorough
def test_a_chat_by_http_2(tab: Page) -> None:
    tab.goto(f"http://{NAME}/help")
    assert tab.url == f"https://{NAME}/help"

    page = ChatPage(tab, f"https://{NAME}").open()
    page.create("Ann")
    page.say("Hello there")
    page.expect_answers(1)
    assert tab.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"
