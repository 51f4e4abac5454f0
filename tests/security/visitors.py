"""A visitor's browser as an attacker or a victim has it: its cookie, its calls, its sockets."""

import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from django.test import Client

from sessions_app.access import COOKIE
from tests.support.sockets import Tab

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """One REST call; ``{name}`` in its path stands for a session."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Names the call in a test's name."""
        what = ",".join(self.body) if isinstance(self.body, dict) else ""
        return " ".join(filter(None, (self.method, self.path, what, self.headers.get("Accept", ""))))


class Browser:
    """One visitor; without a cookie until the server gives one."""

    def __init__(self, cookie: str | None = None) -> None:
        self.client = Client(raise_request_exception=False)
        if cookie is not None:
            self.client.cookies[COOKIE] = cookie

    @property
    def cookie(self) -> str:
        """Returns the cookie that this browser has, or ``""``."""
        return self.client.cookies[COOKIE].value if COOKIE in self.client.cookies else ""

    def send(self, call: Call, **headers: str) -> Any:
        """Sends a call; a body that is text or bytes goes as it is."""
        body = call.body if isinstance(call.body, (str, bytes, type(None))) else json.dumps(call.body)
        kind = JSON if call.body is not None else "application/octet-stream"
        return self.client.generic(
            call.method, call.path, body or b"", content_type=kind, headers={**call.headers, **headers}
        )

    def create(self, user_id: str, **more: Any) -> dict[str, Any]:
        """Creates a session."""
        answer = self.send(Call("POST", "/api/session/create", {"user_id": user_id, **more}))
        assert answer.status_code == 201, answer.content
        created: dict[str, Any] = answer.json()
        return created

    def tab(self, path: str, **headers: str) -> Tab:
        """Returns a socket with this browser's cookie."""
        cookie = {"cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        return Tab(path, {**cookie, **headers})

    def chat(self, user_id: str, query: str = "", **headers: str) -> Tab:
        """Returns a socket on one chat."""
        return self.tab(f"/ws/chat/{quote(user_id, safe='')}{query}", **headers)


def calls_on(name: str, session_id: str) -> list[Call]:
    """Every call that names a session: reading, changing and talking in it."""
    session = f"/api/session/{quote(name)}"
    stream = {"Accept": "text/event-stream"}
    return [
        Call("GET", f"{session}/history"),
        Call("GET", f"{session}/history?after=0"),
        Call("GET", f"{session}/history?limit=1"),
        Call("GET", f"{session}/export"),
        Call("GET", f"{session}/export?format=markdown"),
        Call("GET", f"{session}/export?format=html"),
        Call("DELETE", f"{session}/clear"),
        Call("POST", f"{session}/extend"),
        Call("POST", "/api/chat", {"user_id": name, "message": "let me in"}),
        Call("POST", "/api/chat", {"user_id": name, "user_message": "let me in"}, stream),
        Call("POST", "/api/chat", {"session_id": session_id, "message": "let me in"}),
        Call("POST", "/api/chat", {"session_id": session_id, "message": "let me in"}, stream),
        Call("POST", "/api/chat", {"user_id": name, "message": "let me in", "persona_name": "creative_writer"}),
        Call("POST", "/api/chat", {"session_id": session_id, "message": "hi", "persona_name": "creative_writer"}),
    ]


def seen(answer: Any) -> tuple[int, dict[str, str], bytes]:
    """What somebody outside can tell of an answer: status, headers but for what is made anew, body."""
    headers = {name: value for name, value in answer.items() if name not in {"Date", "X-Request-ID"}}
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, headers, body
