"""A proxy that breaks the line of a chat after a given number of bytes."""

import asyncio
import contextlib
import threading
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

CHUNK = 65536
CHAT = b" /ws/chat/"
"""What the first line of a connection has that is to be cut; a page opens others, for its parts and its calls."""


class Way(Enum):
    """The two ways in which bytes go."""

    TO_CLIENT = "to the client"
    TO_SERVER = "to the server"


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a connection breaks: after so many bytes that way, both its ends at once."""

    way: Way
    after: int


class CuttingProxy:
    """Listens in a thread of its own; the first connections to a chat are cut as planned, all others pass.

    ``passed`` counts, per connection to a chat, the bytes that went each way.
    """

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 0)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cutting-proxy", daemon=True)
        self._plan: list[Cut] = []
        self._carrying: set[asyncio.Task[None]] = set()
        self.passed: list[dict[Way, int]] = []
        self.address = ""

    def cut(self, *plan: Cut) -> None:
        """Plans where the next connections to a chat break, one after the other."""
        self._plan = list(plan)

    @property
    def is_all_cut(self) -> bool:
        """Tells whether every planned connection came; whether it reached its cut, ``passed`` tells."""
        return not self._plan

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._carry, "127.0.0.1", 0), self._loop)
        self._server = listening.result(10)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        for carrying in self._carrying:
            carrying.cancel()
        if self._carrying:
            await asyncio.wait(self._carrying)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n")
            is_chat = CHAT in head
            cut = self._plan.pop(0) if is_chat and self._plan else None
            passed = dict.fromkeys(Way, 0)
            if is_chat:
                self.passed.append(passed)
            await self._connect(head, (reader, writer), cut, passed)
        writer.transport.abort()

    async def _connect(
        self,
        head: bytes,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        cut: Cut | None,
        passed: dict[Way, int],
    ) -> None:
        """Carries bytes both ways until either end or the cut ends the connection."""
        server = await asyncio.open_connection(*self._upstream)
        ways = {Way.TO_SERVER: (client[0], server[1], head), Way.TO_CLIENT: (server[0], client[1], b"")}
        pumps = [
            asyncio.create_task(_pump(*ends, way, passed, cut.after if cut and cut.way is way else None))
            for way, ends in ways.items()
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
            for writer in (client[1], server[1]):
                writer.close()


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    waiting: bytes,
    way: Way,
    passed: dict[Way, int],
    limit: int | None,
) -> None:
    with contextlib.suppress(OSError):
        while data := waiting or await reader.read(CHUNK):
            waiting = b""
            some = data if limit is None else data[: limit - passed[way]]
            writer.write(some)
            await writer.drain()
            passed[way] += len(some)
            if passed[way] == limit:
                return
