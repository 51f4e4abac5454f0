"""What the web server does by itself: with headers that it acts on, with answers to clients that it has sent away."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.fuzz import wire
from tests.support.raw_connection import heard, line_to, status_of
from tests.support.server import SERVE, Server

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


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web") / "log"


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
        lines += [b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13"]
        lines += [b"Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16))]
    else:
        lines += [b"Connection: close"]
    with line_to(server) as line:
        line.sendall(b"\r\n".join([*lines, b"", b""]))
        return line.recv(65536) if upgrade else heard(line)


def ask_and_be_sent_away(server: Server) -> None:
    """Opens a socket, and sends, in one go, what is refused and what it is closed for before that."""
    with line_to(server) as line:
        line.sendall(wire.handshake(Random(0), "localhost", "", "/ws/sessions"))
        assert status_of(line.recv(65536)) == 101
        line.sendall(wire.frame(b'{"type": "nothing"}') * 10 + wire.frame(b"x" * 70_000))
        heard(line)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("place", PLACES)
def test_a_header_for_the_web_server_changes_nothing(nono: Server, log: Path, place: str, header: str) -> None:
    path, upgrade, status = PLACES[place]
    answer = ask(nono, path, HEADERS[header], upgrade=upgrade)
    assert status_of(answer) == status
    assert b"evil.example" not in answer
    assert b"/elsewhere" not in answer
    assert '"failure"' not in log.read_text()


def test_an_answer_to_who_was_sent_away_is_no_error(nono: Server, log: Path) -> None:
    for _ in range(5):
        ask_and_be_sent_away(nono)
    assert status_of(ask(nono, b"/ready", b"X: y", upgrade=False)) == 200
    assert log.read_text().count('"event": "socket closed"') >= 5
    assert '"failure"' not in log.read_text()


def test_without_looking_whether_they_are_there_it_would_be_one(tmp_path: Path) -> None:
    server = Server(tmp_path, ("tests.support.mutants", "talkative"), tmp_path / "log")
    server.start()
    try:
        for _ in range(10):
            ask_and_be_sent_away(server)
        assert status_of(ask(server, b"/ready", b"X: y", upgrade=False)) == 200
    finally:
        server.kill()
    assert '"failure"' in (tmp_path / "log").read_text()


def test_without_the_guard_it_names_where_the_page_is_and_makes_the_server_fail(tmp_path: Path) -> None:
    server = Server(tmp_path, ("tests.support.mutants", "trusting"))
    server.start()
    try:
        page = ask(server, b"/", HEADERS["a prefix that the address lacks"], upgrade=False)
        assert b"/elsewhere" in page
        for header in ("a subprotocol that is no ASCII", "a prefix that the address lacks"):
            assert status_of(ask(server, b"/ws/sessions", HEADERS[header], upgrade=True)) == 500
    finally:
        server.kill()
