"""What programs and pages do that come to a proxy by https: calls, events, sockets."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.support.proxy import NAME, PATIENCE, Proxy

ORIGIN = f"https://{NAME}"


def call(proxy: Proxy, method: str, path: str, body: Any = None, **more: Any) -> http.client.HTTPResponse:
    """Makes a call of the API as a program does."""
    sent = None if body is None else json.dumps(body).encode()
    return proxy.ask(method, path, sent, Content_Type="application/json", **more)


def cookie_of(response: http.client.HTTPResponse) -> str:
    return str(response.headers["Set-Cookie"]).partition(";")[0]


def begin(proxy: Proxy, name: str) -> str:
    """Begins a chat; returns its visitor's cookie."""
    created = call(proxy, "POST", "/api/session/create", {"user_id": name})
    assert created.status == 201, created.read()
    return cookie_of(created)


@contextmanager
def tab(proxy: Proxy, name: str, cookie: str, origin: str = ORIGIN) -> Iterator[ClientConnection]:
    """A tab on one chat, as the page opens it."""
    with connect(
        f"wss://{NAME}/ws/chat/{quote(name)}",
        ssl=proxy.trust(),
        origin=Origin(origin),
        additional_headers={"Cookie": cookie},
        open_timeout=PATIENCE,
        address=("127.0.0.1", proxy.secure),
    ) as socket:
        yield socket


def expect(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(socket.recv(PATIENCE))
        if frame["type"] == kind:
            return frame


def next_event(response: http.client.HTTPResponse, kind: str) -> dict[str, Any]:
    """Reads on to the next event of a kind, and not a byte further."""
    while line := response.readline():
        if line == f"event: {kind}\n".encode():
            fields: dict[str, Any] = json.loads(response.readline().removeprefix(b"data: "))
            return fields
    raise AssertionError(f"no {kind} came")
