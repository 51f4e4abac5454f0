"""Headers that Daphne itself acts on: none of them is a client's to give, and none brings it out of step."""

import base64
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.server import SERVE, Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

HEADERS = {
    "a prefix that the address lacks": b"Daphne-Root-Path: /elsewhere",
    "a prefix of another site's": b"daphne-root-path: //evil.example",
    "a prefix that is no ASCII": b"Daphne-Root-Path: \xe9",
    "a subprotocol that is no ASCII": b"Sec-WebSocket-Protocol: \xe9",
    "a subprotocol with an escape": b"Sec-WebSocket-Protocol: %ff%00",
    "two subprotocols that are one": b"Sec-WebSocket-Protocol: chat, chat",
}
PLACES = {
    "the page": (b"/", False, 200),
    "a call": (b"/api/sessions", False, 200),
    "the live list": (b"/ws/sessions", True, 101),
    "an address without a socket": (b"/admin/", True, 403),
}

Log = Callable[[], str]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("handshakes") / "log"


@pytest.fixture(scope="module")
def nono(log: Path) -> Iterator[Server]:
    server = Server(log.parent, SERVE, log)
    server.start()
    yield server
    server.stop()


def ask(server: Server, path: bytes, header: bytes, *, upgrade: bool) -> bytes:
    """What comes back first, to a request with one header more."""
    lines = [b"GET " + path + b" HTTP/1.1", b"Host: localhost", header]
    if upgrade:
        key = base64.b64encode(os.urandom(16))
        lines += [b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13"]
        lines += [b"Sec-WebSocket-Key: " + key]
    else:
        lines += [b"Connection: close"]
    parts = urlsplit(server.address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=15) as line:
        line.sendall(b"\r\n".join([*lines, b"", b""]))
        answer = b""
        while piece := line.recv(65536):
            answer += piece
            if upgrade:
                break
    return answer


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("place", PLACES)
def test_a_header_for_the_web_server_changes_nothing(nono: Server, log: Path, place: str, header: str) -> None:
    path, upgrade, status = PLACES[place]
    answer = ask(nono, path, HEADERS[header], upgrade=upgrade)
    assert status_of(answer) == status
    assert b"evil.example" not in answer
    assert b"/elsewhere" not in answer
    assert '"failure"' not in log.read_text()


def test_without_the_guard_it_names_where_the_page_is_and_makes_the_server_fail(tmp_path: Path) -> None:
    server = Server(tmp_path, ("tests.faults.altered", "trusting"))
    server.start()
    try:
        page = ask(server, b"/", HEADERS["a prefix that the address lacks"], upgrade=False)
        assert b"/elsewhere" in page
        for header in ("a subprotocol that is no ASCII", "a prefix that the address lacks"):
            assert status_of(ask(server, b"/ws/sessions", HEADERS[header], upgrade=True)) == 500
    finally:
        server.kill()
