"""Two processes on one store, and the channel layer between them loses everything."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from websockets.asyncio.client import connect

from tests.faults.chat_client import ChatClient, Impatient
from tests.faults.conftest import Note, StartNono, StartRedis
from tests.faults.extent import times
from tests.faults.rest import call, create
from tests.faults.table import Row
from tests.support.server import Server

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(times(120, 1200))]

PROMISED = 5.0
"""Seconds within which every tab is right."""

CHATS = times(5, 200)
Wait = Callable[[ChatClient, Callable[[], bool]], "asyncio.Future[None]"]


class Stopwatch:
    """Waits for tabs to be right, and keeps the longest time that it took."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.waits = 0

    async def all(self, tabs: list[ChatClient], holds: Callable[[ChatClient], bool]) -> None:
        """Waits until something holds of all tabs, 5 s at most."""
        since = time.monotonic()
        await asyncio.gather(*(tab.until(lambda tab=tab: holds(tab), PROMISED) for tab in tabs))  # type: ignore[misc]
        self.longest = max(self.longest, time.monotonic() - since)
        self.waits += len(tabs)


@asynccontextmanager
async def tabs_of(name: str, *nonos: Server) -> AsyncIterator[list[ChatClient]]:
    """Opens two tabs of a chat at each process."""
    await asyncio.to_thread(create, nonos[0].address, name)
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(ChatClient(nono.address, name)) for nono in nonos for _ in range(2)]
        for tab in tabs:
            await tab.until(lambda tab=tab: bool(tab.epoch))  # type: ignore[misc]
        yield tabs


async def go_through_a_chat(name: str, stopwatch: Stopwatch, *nonos: Server) -> None:
    """Talks at both processes, clears and brings back over REST; every tab has to see it all."""
    async with tabs_of(name, *nonos) as tabs:
        for number, speaker in enumerate((tabs[0], tabs[-1]), 1):
            await speaker.say(f"message {number}")
            await stopwatch.all(tabs, lambda tab, number=number: tab.seq == 2 * number)  # type: ignore[misc]
        assert all(tab.transcript == tabs[0].transcript for tab in tabs)
        cleared = await asyncio.to_thread(call, nonos[0].address, "DELETE", f"/api/session/{name}/clear")
        await stopwatch.all(tabs, lambda tab: tab.endings == ["cleared"])
        token = {"undo": cleared.body["undo"]}
        await asyncio.to_thread(call, nonos[-1].address, "POST", f"/api/session/{name}/undo", token)
        await stopwatch.all(tabs, lambda tab: tab.endings == ["cleared", "restored"] and len(tab.messages) == 4)


async def test_every_tab_is_right_within_5_seconds(start_redis: StartRedis, start_nono: StartNono, note: Note) -> None:
    store, stopwatch = start_redis(), Stopwatch()
    nonos = [start_nono(store, "brief", "deaf") for _ in range(2)]
    await asyncio.gather(*(go_through_a_chat(f"Chat{number}", stopwatch, *nonos) for number in range(CHATS)))
    longest = f"the longest took {stopwatch.longest:.1f} s of {PROMISED:.0f}"
    note(Row("channel layer loses 100 %: tabs to be right", stopwatch.waits, stopwatch.waits, 0, "tabs", longest))


async def test_the_live_list_is_right_within_5_seconds(start_redis: StartRedis, start_nono: StartNono) -> None:
    store = start_redis()
    nonos = [start_nono(store, "deaf") for _ in range(2)]
    async with AsyncExitStack() as stack:
        urls = [f"{nono.address.replace('http', 'ws')}/ws/sessions" for nono in nonos]
        lists = [await stack.enter_async_context(connect(url)) for url in urls]
        for one in lists:
            await expect(one, "sessions")
        await asyncio.to_thread(create, nonos[0].address, "Ann")
        await asyncio.gather(*(expect(one, "created") for one in lists))
        await asyncio.to_thread(call, nonos[0].address, "DELETE", "/api/session/Ann/clear")
        await asyncio.gather(*(expect(one, "removed") for one in lists))


async def test_with_the_watch_off_too_tabs_stay_behind(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store, stopwatch = start_redis(), Stopwatch()
    nonos = [start_nono(store, "brief", "deaf", "unwatched") for _ in range(2)]
    with pytest.raises(Impatient):
        await go_through_a_chat("Chat", stopwatch, *nonos)
    note(Row("the watch", 1, 1, 1, is_control=True))


async def expect(socket: object, kind: str) -> None:
    """Reads on to a frame of that type, 5 s at most."""
    async with asyncio.timeout(PROMISED):
        while json.loads(await socket.recv())["type"] != kind:  # type: ignore[attr-defined]
            pass
