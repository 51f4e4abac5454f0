"""Two visitors in two browsers: neither is ever shown anything of the other's, in whatever way it could come."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Response, WebSocket, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import StartServer
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@dataclass
class Wire:
    """All that one browser is sent: bodies, headers and frames."""

    received: list[str] = field(default_factory=list)
    _answers: list[Response] = field(default_factory=list)

    def tap(self, context: BrowserContext) -> None:
        """Begins to listen to every tab of a browser."""
        context.on("response", self._note)
        context.on("page", lambda page: page.on("websocket", self._follow))

    def text(self) -> str:
        """Returns it all as one text."""
        for answer in self._answers:
            self.received.append(str(answer.headers))
            if not answer.url.partition("?")[0].endswith((".js", ".css", ".svg")) and answer.status not in range(
                300, 400
            ):
                with contextlib.suppress(Error):  # the browser forgot it, and so shows it to nobody
                    self.received.append(answer.text())
        self._answers.clear()
        return "\n".join(self.received)

    def _note(self, answer: Response) -> None:
        self._answers.append(answer)

    def _follow(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.received.append(str(frame)))


class Visitor:
    """One browser with its wire and a chat of its own."""

    def __init__(self, chromium: Browser, nono: Server, name: str) -> None:
        self.context = chromium.new_context()
        self.context.set_default_timeout(10_000)
        self.wire = Wire()
        self.wire.tap(self.context)
        self.page = ChatPage(self.context.new_page(), nono.address).open()
        self.name, self.words, self.nono = name, f"the words of {name} alone", nono

    def talk(self) -> None:
        """Begins a chat and says something in it."""
        self.page.create(self.name)
        self.page.say(self.words)
        self.page.expect_answers(1)

    def fetch(self, method: str, path: str, body: str = "") -> str:
        """Calls as a script of the page does, and returns what comes back."""
        answer = self.page.tab.evaluate(
            """async ([method, path, body]) => {
                const headers = body ? { "Content-Type": "application/json" } : {};
                const answer = await fetch(path, { method, headers, ...(body ? { body } : {}) });
                return `${answer.status} ${await answer.text()}`;
            }""",
            [method, path, body],
        )
        return str(answer)

    def listen(self, path: str, frame: str = "") -> str:
        """Opens a socket as a script of the page does, sends a frame, and returns what comes back within a moment."""
        frames = self.page.tab.evaluate(
            """([path, frame]) => new Promise((resolve) => {
                const said = [];
                const socket = new WebSocket(path);
                socket.onmessage = (event) => said.push(event.data);
                socket.onopen = () => frame && socket.send(frame);
                socket.onclose = (event) => resolve([...said, `closed ${event.code}`].join("\\n"));
                setTimeout(() => socket.close(), 1000);
            })""",
            [path, frame],
        )
        return str(frames)


@pytest.fixture
def visitors(chromium: Browser, nono: Server) -> Iterator[tuple[Visitor, Visitor]]:
    """Two of them at one private installation."""
    both = Visitor(chromium, nono, "Ann of the two"), Visitor(chromium, nono, "Eve of the two")
    yield both
    for visitor in both:
        visitor.context.close()


def attempts_on(name: str) -> list[tuple[str, str, str]]:
    """Every call that names a session."""
    session = f"/api/session/{quote(name)}"
    return [
        ("GET", "/api/sessions", ""),
        ("GET", f"/api/sessions?q={quote(name)}", ""),
        ("GET", f"{session}/history", ""),
        *(("GET", f"{session}/export?format={kind}", "") for kind in ("json", "markdown", "html")),
        ("POST", f"{session}/extend", ""),
        ("POST", f"{session}/undo", ""),
        ("DELETE", f"{session}/clear", ""),
        ("POST", "/api/chat", f'{{"user_id":"{name}","message":"let me in"}}'),
        ("POST", "/api/session/create", f'{{"user_id":"{name}"}}'),
    ]


def test_neither_is_shown_anything_of_the_others(visitors: tuple[Visitor, Visitor]) -> None:
    for visitor in visitors:
        visitor.talk()
    for mine, theirs in (visitors, visitors[::-1]):
        rows_of(mine, theirs)
        answers = [mine.fetch(*attempt) for attempt in attempts_on(theirs.name)]
        assert [answer[:3] for answer in answers] == ["200", "200", *["404"] * 8, "409"]
        assert "closed 4404" in mine.listen(f"/ws/chat/{quote(theirs.name)}", '{"text":"let me in"}')
        assert theirs.name not in mine.listen("/ws/sessions")
        opens_in_vain(mine, theirs)
        assert theirs.words not in mine.wire.text()
        assert theirs.words not in mine.page.tab.content()
    for visitor in visitors:
        assert [text for role, text in visitor.page.open(visitor.name).messages() if role == "user"] == [visitor.words]


def rows_of(mine: Visitor, theirs: Visitor) -> None:
    """The list shows one's own and nothing else."""
    mine.page.tab.get_by_role("button", name="Sessions").click()
    expect(mine.page.row(mine.name)).to_be_visible()
    expect(mine.page.row(theirs.name)).to_have_count(0)
    mine.page.tab.keyboard.press("Escape")


def opens_in_vain(mine: Visitor, theirs: Visitor) -> None:
    """The address of the other's chat leads to no chat, as one of nobody's does."""
    tab: Page = mine.context.new_page()
    tab.goto(f"{mine.nono.address}/chat/{quote(theirs.name)}")
    expect(tab.locator("#connection")).not_to_have_attribute("data-connection", "connecting")
    expect(tab.get_by_text(theirs.words)).to_have_count(0)
    tab.close()


def test_where_chats_are_shared_the_same_wire_carries_the_others_words(
    chromium: Browser, start_server: StartServer
) -> None:
    nono = start_server(NONO_ACCESS="shared")
    ann, eve = Visitor(chromium, nono, "Ann of the two"), Visitor(chromium, nono, "Eve of the two")
    ann.talk()
    assert eve.fetch(*attempts_on(ann.name)[2]).startswith("200")
    assert ann.words in eve.wire.text()
    assert ann.words in eve.listen(f"/ws/chat/{quote(ann.name)}")
    for visitor in (ann, eve):
        visitor.context.close()
