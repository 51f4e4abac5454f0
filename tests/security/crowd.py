"""Clients that hold a server's attention and give nothing back: idle sockets, slow heads, slow bodies, slow readers."""

import asyncio
import base64
import contextlib
import os
import resource
import select
import socket
from collections import Counter
from collections.abc import Iterable
from urllib.parse import urlsplit

from tests.faults.life import Life

AT_ONCE = 50
"""Connections that are opened together."""

TRICKLE = 2.0
"""Seconds between two bytes of a slow client."""

TRICKLING = {"head", "body"}
"""Kinds that send their request byte by byte; "reader" and "greedy reader" do not read the answer."""

LARGE = "/static/ninja/swagger-ui-bundle.js"
"""The largest file that anybody may have: 1.5 MB."""

MANY = 3
"""Requests that a greedy reader sends together: the kernel takes some megabytes of their answers itself."""

PING, CLOSE, PONG, TEXT = 9, 8, 10, 1


def allow_many_lines() -> None:
    """Raises the number of files that this process may have open as far as it goes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def source(number: int, network: int = 1) -> str:
    """Names one of this machine's many own addresses."""
    return f"127.0.{network}.{1 + number}"


class IdleSocket(asyncio.Protocol):
    """A websocket that answers pings, so that it is not taken for dead, and does nothing else."""

    def __init__(self) -> None:
        self.opened: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.code: int | None = None
        self._transport: asyncio.Transport | None = None
        self._unread = b""
        self._is_upgraded = False

    @property
    def is_open(self) -> bool:
        """Tells whether the server has let it in and has not closed it."""
        return self.opened.done() and self.opened.result() and self.code is None and self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._say(opened=False)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if not self._is_upgraded:
            top, end, rest = self._unread.partition(b"\r\n\r\n")
            if not end:
                return
            assert top.startswith(b"HTTP/1.1 101"), top
            self._is_upgraded, self._unread = True, rest
        while self._take_frame():
            pass

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _take_frame(self) -> bool:
        unread = self._unread
        if len(unread) < 2:
            return False
        size, at = unread[1] & 127, 2
        if size >= 126:
            at = 4 if size == 126 else 10
            size = int.from_bytes(unread[2:at], "big")
        if len(unread) < at + size:
            return False
        opcode, payload, self._unread = unread[0] & 15, unread[at : at + size], unread[at + size :]
        if opcode == PING and self._transport is not None:
            self._transport.write(bytes([0x80 | PONG, 0x80 | size]) + b"\0\0\0\0" + payload)
        elif opcode == CLOSE:
            self.code = int.from_bytes(payload[:2], "big")
            self.close()
        elif opcode == TEXT:
            self._say(opened=b'"error"' not in payload)
        return True

    def _say(self, *, opened: bool) -> None:
        if not self.opened.done():
            self.opened.set_result(opened)


async def idle_socket(address: str, path: str, come_from: str, cookie: str = "") -> IdleSocket:
    """Opens a websocket from one of this machine's addresses and waits until it is let in or refused."""
    parts = urlsplit(address)
    assert parts.hostname
    assert parts.port
    transport, one = await asyncio.get_running_loop().create_connection(
        IdleSocket, parts.hostname, parts.port, local_addr=(come_from, 0)
    )
    key = base64.b64encode(os.urandom(16)).decode()
    wishes = [
        *(f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade"),
        *(f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"),
        *([f"Cookie: {cookie}"] if cookie else []),
    ]
    transport.write("\r\n".join([*wishes, "", ""]).encode())
    await one.opened
    return one


async def idle_sockets(address: str, path: str, sources: Iterable[str], cookie: str = "") -> list[IdleSocket]:
    """Opens one from each of the sources, some at once."""
    waiting, opened = list(sources), list[IdleSocket]()
    while waiting:
        some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        opened += await asyncio.gather(*(idle_socket(address, path, one, cookie) for one in some))
    return opened


class SlowClient(Life):
    """Sends its request byte by byte, or reads its answer not at all; comes anew when the server has had enough."""

    def __init__(self, address: str, kind: str, come_from: str, ended: Counter[str]) -> None:
        parts = urlsplit(address)
        self._server = (parts.hostname or "", parts.port or 0)
        self._from = come_from
        self._kind = kind
        self._ended = ended

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with socket.socket() as line:
                line.setblocking(False)
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                line.bind((self._from, 0))
                await loop.sock_connect(line, self._server)
                with contextlib.suppress(OSError):
                    await loop.sock_sendall(line, self._beginning())
                    while not (end := self._end_of(line)):
                        await asyncio.sleep(TRICKLE)
                        if self._kind in TRICKLING:
                            await loop.sock_sendall(line, b"x")
                    self._ended[end] += 1

    def _beginning(self) -> bytes:
        match self._kind:
            case "head":
                return b"GET /api/sessions HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
            case "body":
                lines = ["POST /api/chat HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
                return "\r\n".join([*lines, "Content-Length: 60000", "", "{"]).encode()
            case "reader":
                return f"GET {LARGE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            case _:
                return f"GET {LARGE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * MANY

    def _end_of(self, line: socket.socket) -> str:
        """Returns how the server ended a connection, a status or "closed"; "" while it goes on."""
        if self._kind not in TRICKLING:
            watch = select.poll()
            watch.register(line, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
            return "closed" if watch.poll(0) else ""
        try:
            heard = line.recv(4096)
        except BlockingIOError:
            return ""
        return heard.split(b" ")[1].decode() if heard.startswith(b"HTTP/1.1 ") else "closed"
