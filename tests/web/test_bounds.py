"""What one client can make the server hold: bodies, heads, slow and idle connections, floods of frames."""

import base64
import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from nono.server import http_limits
from nono.server.http_limits import REQUEST_TIME, BoundedChannel
from nono.server.idle_connections import MAX_WAITING, waiting
from nono.web.strict_json import MAX_BODY_BYTES
from tests.faults.silent_client import Memory
from tests.support.raw_connection import heard, line_to, status_of
from tests.support.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

MIB = 1024 * 1024
MAY_GROW = 8 * MIB
GIGABYTE = 1024 * MIB


@pytest.fixture(scope="module")
def nono(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("nono"), NONO_ACCESS="shared")
    server.start()
    for _ in range(3):  # what every process does once is no growth
        assert status_of(ask(server, head("/api/sessions", "Connection: close", method="GET"))) == 200
    yield server
    server.stop()


class Growth:
    """How much more memory a process took than before, at its peak."""

    def __init__(self, server: Server) -> None:
        self._memory = Memory(server.pid)
        self._memory.begin()
        self._before = self._memory.peak()

    def bytes(self) -> int:
        return self._memory.peak() - self._before


def ask(server: Server, request: bytes) -> bytes:
    with line_to(server) as line:
        line.sendall(request)
        return heard(line)


def pour(line: socket.socket, piece: bytes, total: int) -> int:
    """Sends pieces until the server has had enough or ``total`` is sent; returns how many bytes went out."""
    sent = 0
    try:
        while sent < total:
            line.sendall(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


JSON = "Content-Type: application/json"


@pytest.mark.parametrize("length", [MAX_BODY_BYTES + 1, GIGABYTE, 10**18])
def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_comes(nono: Server, length: int) -> None:
    answer = ask(nono, head("/api/chat", JSON, f"Content-Length: {length}"))
    top, _, body = answer.partition(b"\r\n\r\n")
    assert status_of(answer) == 413
    assert b"application/problem+json" in top
    assert b"no-store" in top
    assert json.loads(body)["code"] == "too_large"


def test_beyond_the_api_the_refusal_is_a_sentence(nono: Server) -> None:
    answer = ask(nono, head("/admin/login/", f"Content-Length: {GIGABYTE}"))
    assert status_of(answer) == 413
    assert b"text/plain" in answer
    assert answer.endswith(b"at most 65536 bytes are allowed.\n")


def test_a_gigabyte_that_is_sent_all_the_same_is_thrown_away(nono: Server) -> None:
    growth = Growth(nono)
    with line_to(nono) as line:
        line.sendall(head("/api/chat", JSON, f"Content-Length: {GIGABYTE}"))
        assert pour(line, b"x" * MIB, GIGABYTE) < GIGABYTE
    assert growth.bytes() < MAY_GROW


def test_a_body_without_length_is_refused_where_it_grows_past_the_bound(nono: Server) -> None:
    growth = Growth(nono)
    with line_to(nono) as line:
        line.sendall(head("/api/chat", JSON, "Transfer-Encoding: chunked"))
        pour(line, b"10000\r\n" + b"x" * 65536 + b"\r\n", 2 * 65536)
        answer = heard(line)
    assert status_of(answer) == 413
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "too_large"
    with line_to(nono) as line:
        line.sendall(head("/api/chat", JSON, "Transfer-Encoding: chunked"))
        assert pour(line, b"40000000\r\n" + b"x" * MIB, GIGABYTE) < GIGABYTE
    assert growth.bytes() < MAY_GROW


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET /api/sessions HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000,
        head("/api/sessions", *(f"X-{number}: {'x' * 30}" for number in range(600)), method="GET"),
        head("/api/chat", JSON, "Content-Length: 2", "Content-Length: 3"),
        head("/api/chat", JSON, "Content-Length: 2", "Transfer-Encoding: chunked"),
        head("/api/chat", JSON, "Content-Length: minus one"),
        head("/api/chat", JSON, "Transfer-Encoding: chunked") + b"not hexadecimal\r\n",
        head("/api/sessions", "no colon", method="GET"),
        head("/api/sessions?\xff", method="GET"),
    ],
    ids=["line", "headers", "two lengths", "length and chunks", "no number", "no chunk", "no header", "query"],
)
def test_a_head_that_cannot_be_read_is_a_bad_request_in_the_apis_words(nono: Server, request_head: bytes) -> None:
    with line_to(nono) as line:
        line.sendall(request_head)
        answer = heard(line)
    assert status_of(answer) == 400
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "bad_request"


def test_whole_requests_are_answered_one_after_the_other_on_one_connection(nono: Server) -> None:
    body = b'{"user_id":"Ann","persona":"nobody"}'
    posted = head("/api/session/create", JSON, f"Content-Length: {len(body)}") + body
    chunked = head("/api/session/create", JSON, "Transfer-Encoding: chunked", "Connection: close")
    chunked += b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    answer = ask(nono, posted + head("/ready", method="GET") + chunked)
    assert answer.count(b"HTTP/1.1 422 ") == 2
    assert answer.count(b"HTTP/1.1 200 ") == 1


class SlowLine:
    """A connection whose time the test holds in its hands."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.transport: Any = StringTransport()
        self.transport.loseWriteConnection = lambda: None
        self.channel: Any = BoundedChannel()
        self.channel.callLater = self.clock.callLater
        self.channel.timeOut = 60
        self.channel.makeConnection(self.transport)

    def answer(self) -> bytes:
        return bytes(self.transport.value())


@pytest.fixture
def slow_line(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowLine]:
    monkeypatch.setattr("daphne.http_protocol.WebRequest.__init__", _without_server)
    line = SlowLine()
    yield line
    waiting.remove(line.channel)


def _without_server(request: Any, *arguments: Any, **keywords: Any) -> None:
    from twisted.web.http import Request

    Request.__init__(request, *arguments, **keywords)


@pytest.mark.parametrize(
    "trickle",
    [b"GET /api/sessions HTTP/1.1\r\nX: " + b"x" * 100, head("/api/chat", JSON, "Content-Length: 999") + b"x" * 100],
    ids=["head", "body"],
)
def test_a_request_that_trickles_in_is_refused_after_twenty_seconds(slow_line: SlowLine, trickle: bytes) -> None:
    assert REQUEST_TIME == 20
    slow_line.channel.dataReceived(trickle[:-20])
    for byte in trickle[-20:]:
        assert slow_line.answer() == b""
        slow_line.clock.advance(1)
        slow_line.channel.dataReceived(bytes([byte]))
    assert status_of(slow_line.answer()) == 408
    assert json.loads(slow_line.answer().partition(b"\r\n\r\n")[2])["code"] == "timeout"
    slow_line.clock.advance(http_limits.LINGER)
    assert slow_line.transport.disconnected


def test_a_connection_that_says_nothing_is_closed_after_a_minute(slow_line: SlowLine) -> None:
    slow_line.clock.advance(61)
    assert slow_line.transport.disconnecting


def test_of_too_many_idle_connections_those_idle_longest_are_closed(nono: Server) -> None:
    growth = Growth(nono)
    with ExitStack() as stack:
        lines = [stack.enter_context(line_to(nono)) for _ in range(MAX_WAITING + 100)]
        for line in lines[:100]:
            assert heard(line) == b""
        lines[-1].sendall(head("/ready", "Connection: close", method="GET"))
        assert status_of(heard(lines[-1])) == 200
    assert growth.bytes() < MAY_GROW


class RawSocket:
    """A websocket whose client sends whatever it likes, and reads when it likes."""

    def __init__(self, server: Server) -> None:
        self.line = line_to(server)
        key = base64.b64encode(os.urandom(16)).decode()
        wishes = ("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13")
        self.line.sendall(head("/ws/sessions", *wishes, method="GET"))
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.line.recv(1)
        assert status_of(answer) == 101

    @staticmethod
    def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, length: int | None = None) -> bytes:
        size = len(payload) if length is None else length
        mark = bytes([opcode | (0x80 if fin else 0)])
        if size < 126:
            return mark + bytes([0x80 | size]) + b"\0\0\0\0" + payload
        if size < 65536:
            return mark + struct.pack("!BH", 0x80 | 126, size) + b"\0\0\0\0" + payload
        return mark + struct.pack("!BQ", 0x80 | 127, size) + b"\0\0\0\0" + payload

    def closed_with(self) -> int | None:
        """The close code; None where the connection was dropped without one."""
        answer, code = heard(self.line), None
        while len(answer) >= 2:
            size, at = answer[1] & 127, 2
            if size == 126:
                size, at = struct.unpack("!H", answer[2:4])[0], 4
            elif size == 127:
                size, at = struct.unpack("!Q", answer[2:10])[0], 10
            if answer[0] & 15 == 8:
                code = struct.unpack("!H", answer[at : at + 2])[0]
            answer = answer[at + size :]
        return code


TEXT, BINARY, CONTINUED, PING = 1, 2, 0, 9


@pytest.mark.parametrize(
    ("attack", "total", "codes"),
    [
        (RawSocket.frame(PING, b"x" * 125), 50 * MIB, {4429, 4408}),
        (RawSocket.frame(10, b"x" * 125), 50 * MIB, {4429}),
        (RawSocket.frame(CONTINUED, b"x", fin=False), 7 * 100_000, {4429}),
        (RawSocket.frame(CONTINUED, fin=False), 6 * 100_000, {4429}),
        (RawSocket.frame(TEXT, b'{"type":"ping"}'), 50 * MIB, {4429}),
        (RawSocket.frame(BINARY, b"x" * 100), 50 * MIB, {4429, 4400}),
        (RawSocket.frame(TEXT, b"\xff" * 100), 50 * MIB, {None}),
        (RawSocket.frame(TEXT, b"x" * MIB), GIGABYTE, {1009}),
        (RawSocket.frame(TEXT, b"x" * 16, length=2**62), 50 * MIB, {1009}),
    ],
    ids=["pings", "pongs", "fragments", "empty", "messages", "binary", "no UTF-8", "large", "endless"],
)
def test_a_flood_of_frames_ends_the_connection_and_costs_no_memory(
    nono: Server, attack: bytes, total: int, codes: set[int | None]
) -> None:
    growth = Growth(nono)
    flooder = RawSocket(nono)
    if attack[0] & 15 == CONTINUED:
        flooder.line.sendall(RawSocket.frame(TEXT, b"x", fin=False))
    with flooder.line:
        sent = pour(flooder.line, attack * (65536 // len(attack) + 1), total)
        code = flooder.closed_with()
    assert code in codes | {None}
    assert sent < total or code is not None
    assert growth.bytes() < MAY_GROW
    since = time.monotonic()
    assert status_of(ask(nono, head("/ready", "Connection: close", method="GET"))) == 200
    assert time.monotonic() - since < 1


def test_a_socket_that_says_too_much_at_once_is_told_why_it_is_closed(nono: Server) -> None:
    client = RawSocket(nono)
    with client.line:
        client.line.sendall(RawSocket.frame(TEXT, b'{"text":"%b"}' % (b"\\ud83d\\ude00" * 4000)))
        assert client.closed_with() == 1009


def test_a_socket_that_pings_and_does_not_read_the_answers_is_closed(nono: Server) -> None:
    growth = Growth(nono)
    flooder = RawSocket(nono)
    with flooder.line:
        for _ in range(50):
            if pour(flooder.line, RawSocket.frame(PING, b"x" * 125) * 100, 1) == 0:
                break
            time.sleep(0.01)
        assert flooder.closed_with() in {4408, 4429, None}
    assert growth.bytes() < MAY_GROW
