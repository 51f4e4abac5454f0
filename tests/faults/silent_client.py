"""A client that opens a chat and then never reads, and what that costs the process."""

import asyncio
import base64
import os
import select
import socket
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.faults.life import Life

LOOK_EVERY = 0.02
GONE = select.POLLRDHUP | select.POLLHUP | select.POLLERR


class SilentClient(Life):
    """Connects and does not read; whenever the server has had enough of it, it connects anew."""

    def __init__(self, address: str, user_id: str) -> None:
        parts = urlsplit(address)
        self._server = (parts.hostname or "", parts.port or 0)
        self._path = f"/ws/chat/{quote(user_id)}"
        self.connections = 0

    async def _live(self) -> None:
        while True:
            with socket.socket() as line:
                await self._connect(line)
                self.connections += 1
                watch = select.poll()
                watch.register(line, GONE)
                while not watch.poll(0):  # noqa: ASYNC110  a poll of the kernel, not of a variable
                    await asyncio.sleep(LOOK_EVERY)

    async def _connect(self, line: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        line.setblocking(False)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(line, self._server)
        key = base64.b64encode(os.urandom(16)).decode()
        wishes = {"Host": self._server[0], "Upgrade": "websocket", "Connection": "Upgrade"}
        wishes |= {"Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
        lines = [f"GET {self._path} HTTP/1.1", *(f"{name}: {value}" for name, value in wishes.items()), "", ""]
        await loop.sock_sendall(line, "\r\n".join(lines).encode())
        await loop.sock_recv(line, 12)  # "HTTP/1.1 101": what follows it is left unread


class Memory:
    """The resident memory of a process, in bytes."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    def begin(self) -> None:
        """Forgets the peak so far."""
        (self._folder / "clear_refs").write_text("5")

    def peak(self) -> int:
        """Returns the peak since then."""
        status = (self._folder / "status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
