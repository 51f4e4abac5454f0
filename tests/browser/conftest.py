"""A real Chromium visits a real server; what no page may ever do fails the test that saw it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, ViewportSize, WebError

from tests.browser.chat_page import ChatPage
from tests.browser.scripted_socket import ScriptedSocket
from tests.support.chromium import running_chromium
from tests.support.server import Server

WINDOW: Final = ViewportSize(width=1000, height=700)

StartServer = Callable[..., Server]
Visit = Callable[..., ChatPage]


@dataclass
class Witness:
    """Notes errors in the console and requests to other hosts; a test forgives what it provokes itself."""

    address: str
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Begins to watch all tabs of a browser."""
        context.on("console", self._hear)
        context.on("weberror", self._note)
        context.on("request", self._check)

    def look_away(self, context: BrowserContext) -> None:
        """Ends it."""
        context.remove_listener("console", self._hear)
        context.remove_listener("weberror", self._note)
        context.remove_listener("request", self._check)

    def forgive(self, pattern: str) -> None:
        """Lets complaints pass in which the pattern occurs."""
        self.forgiven.append(pattern)

    def left(self) -> list[str]:
        """Returns what nobody forgave."""
        return [one for one in self.complaints if not any(re.search(each, one) for each in self.forgiven)]

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def _note(self, failed: WebError) -> None:
        self.complaints.append(str(failed.error))

    def _check(self, request: Request) -> None:
        host = self.address.partition("://")[2]
        if not re.match(rf"(https?|wss?)://{re.escape(host)}/|(blob|data):", request.url):
            self.complaints.append(f"request to {request.url}")


# Playwright keeps an event loop running while it lives, so it lives no longer than the tests of this folder.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def nono(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests share; chats are private, so tests do not see each other's."""
    server = Server(tmp_path_factory.mktemp("nono"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def witness(nono: Server) -> Witness:
    """Whoever watches the test's tabs."""
    return Witness(nono.address)


@pytest.fixture
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Starts a server that a test has for itself, with settings as it likes."""
    started: list[Server] = []

    def start(**variables: str) -> Server:
        server = Server(tmp_path_factory.mktemp("own"), **variables)
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="package")
def profile(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser for one test after the other; the tab that stays open in it keeps its process and its cache warm."""
    with chromium.new_context(viewport=WINDOW) as context:
        context.set_default_timeout(10_000)
        context.new_page()
        yield context


@pytest.fixture
def visitor(profile: BrowserContext, witness: Witness, start_server: StartServer) -> Iterator[BrowserContext]:
    """A browser as on a first visit, but for its cache. What it had open is closed before any server stops."""
    if profile.pages[0].url == "about:blank":
        profile.pages[0].goto(f"{witness.address}/health")
    witness.watch(profile)
    yield profile
    forget_everything(profile)
    witness.look_away(profile)
    assert witness.left() == []


@pytest.fixture
def newcomer(chromium: Browser, witness: Witness, start_server: StartServer) -> Iterator[BrowserContext]:
    """A browser of its own, whose cache is empty, and in which a test may change what it likes."""
    with chromium.new_context(viewport=WINDOW) as context:
        context.set_default_timeout(10_000)
        witness.watch(context)
        yield context
    assert witness.left() == []


def forget_everything(context: BrowserContext) -> None:
    """Closes all tabs but the first, and has the browser forget what they left, and what it was allowed or denied."""
    first, *opened = context.pages
    storage = context.new_cdp_session(first)
    for tab in opened:
        origin = "/".join(tab.url.split("/")[:3])
        tab.close()
        storage.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage,indexeddb"})
    storage.detach()
    context.clear_cookies()
    context.clear_permissions()
    context.set_offline(False)


@pytest.fixture
def socket(visitor: BrowserContext) -> ScriptedSocket:
    """A tab of that browser in which a test takes a chat's socket over."""
    return ScriptedSocket(visitor.new_page())


@pytest.fixture
def visit(visitor: BrowserContext, nono: Server) -> Visit:
    """Opens a tab of that browser on the page."""

    def open_page(user_id: str = "", tab: Page | None = None) -> ChatPage:
        return ChatPage(tab or visitor.new_page(), nono.address).open(user_id)

    return open_page
