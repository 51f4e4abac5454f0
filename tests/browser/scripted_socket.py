"""A chat whose socket says what a test wants it to say."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.chat_page import ChatPage


class ScriptedSocket:
    """Stands between a tab and its chat's socket: the real one answers until the test takes over."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab
        self.heard: list[dict[str, Any]] = []
        self._reply = ""
        self._welcome: dict[str, Any] = {}
        self._lets_through = False
        self._route: WebSocketRoute | None = None
        self._taken: WebSocketRoute | None = None
        tab.route_web_socket("**/ws/chat/**", self._take)

    def take_over(self, page: ChatPage) -> ChatPage:
        """Opens the page on a new chat and returns it; from its greeting on only the test speaks."""
        page.open()
        expect(page.composer).to_be_visible()
        self._taken = self._route
        return page

    def start(self, *, in_reply_to: int = 1, context_from: int = 1) -> None:
        """Stores the visitor's message and begins a reply."""
        self.say("message", message=self.message(in_reply_to, "user", "Hello"), client_id="", duplicate=False)
        self.start_again(in_reply_to=in_reply_to, context_from=context_from)

    def start_again(self, *, in_reply_to: int = 1, context_from: int = 1) -> None:
        """Begins a reply to what is stored: a continuation, or the same reply from its beginning."""
        self._reply = f"reply to {in_reply_to}"
        self.say("start", reply_id=self._reply, in_reply_to=in_reply_to, context_from=context_from)

    def chunk(self, content: str, offset: int = 0) -> None:
        """Says more of the reply."""
        self.say("chunk", reply_id=self._reply, offset=offset, content=content)

    def status(self, phase: str, *, seconds_ago: float = 0) -> None:
        """Says what the reply waits for, and since when."""
        since = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        self.say("status", reply_id=self._reply, phase=phase, since=since.isoformat())

    def complete(self, response: str, *, seq: int = 2, state: str = "done", context_from: int = 1, **more: Any) -> None:
        """Ends the reply; ``more`` of its metadata."""
        told = {"state": state, "persona": "default", "in_reply_to": seq - 1, "context_from": context_from, **more}
        message = {**self.message(seq, "assistant", response), "id": self._reply, "metadata": told}
        self.say("complete", reply_id=self._reply, state=state, response=response, message=message)

    def resume(
        self, reply: str, phase: str, *, seconds_ago: float = 0, in_reply_to: int = 1, now: datetime | None = None
    ) -> None:
        """Greets the tab as after a gap, in which a reply began that says this so far."""
        self._reply = f"reply to {in_reply_to}"
        at = now or datetime.now(UTC)
        since = at - timedelta(seconds=seconds_ago)
        running = {"reply_id": self._reply, "in_reply_to": in_reply_to, "context_from": 1}
        running |= {"phase": phase, "since": since.isoformat()}
        told = {"recovered": True, "messages": [], "reply": reply, "running": running}
        self.say(**{**self._welcome, **told, "server_time": at.isoformat()})

    def say(self, type: str, **fields: Any) -> None:
        """Sends the tab one frame."""
        assert self._route
        self._route.send(json.dumps({"type": type, **fields}))

    def expect_asked_for(self, type: str) -> None:
        """Waits until the tab sent a frame of that type."""
        for _ in range(100):
            if self.asked_for(type):
                return
            self.tab.wait_for_timeout(50)  # which lets the frames come in
        raise AssertionError(f"no {type} in {self.heard}")

    def asked_for(self, type: str) -> bool:
        """Tells whether the tab sent a frame of that type."""
        return any(frame["type"] == type for frame in self.heard)

    def let_through(self) -> None:
        """Gives the tab's frames to the real server from now on."""
        self._lets_through = True

    @staticmethod
    def message(seq: int, role: str, content: str) -> dict[str, Any]:
        """Returns a message as the server has it."""
        at = "2026-01-01T12:00:00+00:00"
        return {"seq": seq, "id": f"m{seq}", "role": role, "content": content, "timestamp": at, "metadata": {}}

    def _take(self, route: WebSocketRoute) -> None:
        self._route = route
        server = route.connect_to_server()

        def tell(text: str | bytes) -> None:
            if (frame := json.loads(text))["type"] == "welcome":
                self._welcome = frame
            if self._lets_through or route is not self._taken:
                route.send(text)

        server.on_message(tell)

        def hear(text: str | bytes) -> None:
            self.heard.append(json.loads(text))
            if self._lets_through:
                server.send(text)

        route.on_message(hear)
