"""The line of a chat breaks after any byte: in its handshake, in a frame, between two frames, either way."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from tests.faults.chat_client import ChatClient, Impatient
from tests.faults.conftest import Note, StartNono, StartRedis
from tests.faults.cutting_proxy import Cut, CuttingProxy, Way
from tests.faults.extent import times
from tests.faults.rest import create, history
from tests.faults.table import Row
from tests.support.server import Server

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(times(120, 1200))]

SCRIPT = ("hello", "how are you? 😀")
EVERY = times(11, 1)
"""Bytes from one cut to the next."""

PATIENCE = {False: 30.0, True: 1.5}
"""Seconds that a tab waits for a word: a naive one may have missed it for good."""

AT_ONCE = 12
"""Chats that are cut at the same time."""


@pytest.fixture
def nono(start_redis: StartRedis, start_nono: StartNono) -> Server:
    return start_nono(start_redis(), "brief")


async def chat_along(address: str, name: str, *, naive: bool = False) -> ChatClient:
    """Says what is in the script, waits for its replies, and returns the tab as it ends up."""
    tab = ChatClient(address, name, naive=naive)
    forgiven: tuple[type[BaseException], ...] = (Impatient,) if naive else ()
    with contextlib.suppress(*forgiven):
        async with tab:
            for text in SCRIPT:
                await tab.say(text, patience=PATIENCE[naive])
                await tab.until(lambda: tab.is_answered, patience=PATIENCE[naive])
    return tab


async def is_harmed(nono: Server, name: str, cut: Cut, *, naive: bool = False) -> bool:
    """Chats over a line that breaks there; tells whether the tab has anything else than the server, or twice."""
    await asyncio.to_thread(create, nono.address, name)
    with CuttingProxy(nono.address) as proxy:
        proxy.cut(cut)
        tab = await chat_along(proxy.address, name, naive=naive)
    stored = await asyncio.to_thread(history, nono.address, name)
    said = [message["content"] for message in stored if message["role"] == "user"]
    return tab.transcript != stored or said != list(SCRIPT)


async def lengths(nono: Server) -> dict[Way, int]:
    """Measures how many bytes the script takes each way, with some to spare: their number differs a little."""
    await asyncio.to_thread(create, nono.address, "Measured")
    with CuttingProxy(nono.address) as proxy:
        await chat_along(proxy.address, "Measured")
    return {way: passed + 50 for way, passed in proxy.passed[0].items()}


def cuts(length: dict[Way, int], every: int) -> Iterator[Cut]:
    for way in Way:
        for after in range(1, length[way] + 1, every):
            yield Cut(way, after)


async def harmed(nono: Server, planned: list[Cut], *, naive: bool = False) -> int:
    """Tries all cuts, some at a time, each in a chat of its own; returns how many did harm."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def attempt(number: int, cut: Cut) -> bool:
        async with turns:
            return await is_harmed(nono, f"Chat {number}", cut, naive=naive)

    return sum(await asyncio.gather(*(attempt(number, cut) for number, cut in enumerate(planned))))


async def test_after_a_cut_at_any_byte_the_tab_has_what_the_server_has(nono: Server, note: Note) -> None:
    planned = list(cuts(await lengths(nono), EVERY))
    lost = await harmed(nono, planned)
    note(Row("connection cut after any byte", len(planned), len(SCRIPT) * len(planned), lost))
    assert lost == 0


async def test_without_coming_back_and_ids_tabs_differ_or_messages_are_stored_twice(nono: Server, note: Note) -> None:
    # It has little patience, so on a busy machine it may do harm by itself; not every time.
    assert not all(
        [await is_harmed(nono, f"Whole {number}", Cut(Way.TO_CLIENT, 10**9), naive=True) for number in range(3)]
    )
    planned = list(cuts(await lengths(nono), times(151, 51)))
    lost = await harmed(nono, planned, naive=True)
    note(Row("resume, and ids of sends", len(planned), len(SCRIPT) * len(planned), lost, is_control=True))
    assert lost
