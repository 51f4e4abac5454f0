"""A real Chromium visits a real server; what no page may ever do fails the test that saw it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.browser.chat_page import ChatPage
from tests.browser.scripted_socket import ScriptedSocket
from tests.chromium import running_chromium
from tests.server import Server

StartServer = Callable[..., Server]
Visit = Callable[..., ChatPage]


@dataclass
class Witness:
    """Notes errors in the console and requests to other hosts; a test forgives what it provokes itself."""

    address: str
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Begins to watch all tabs of a browser context."""
        context.on("console", self._hear)
        context.on("weberror", lambda failed: self.complaints.append(str(failed.error)))
        context.on("request", self._check)

    def forgive(self, pattern: str) -> None:
        """Lets complaints pass in which the pattern occurs."""
        self.forgiven.append(pattern)

    def left(self) -> list[str]:
        """Returns what nobody forgave."""
        return [one for one in self.complaints if not any(re.search(each, one) for each in self.forgiven)]

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(said.text)

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


@pytest.fixture
def visitor(chromium: Browser, witness: Witness, start_server: StartServer) -> Iterator[BrowserContext]:
    """A browser of its own: fresh cookies and storage. It is closed before any server stops."""
    context = chromium.new_context(viewport={"width": 1000, "height": 700})
    context.set_default_timeout(10_000)
    witness.watch(context)
    yield context
    context.close()
    assert witness.left() == []


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
