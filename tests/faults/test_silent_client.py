"""A client that stops reading while much is said in its chat: what it costs the process, and everybody else."""

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from tests.faults.chat_client import ChatClient
from tests.faults.conftest import Note, StartNono, StartRedis
from tests.faults.extent import IS_LONG, times
from tests.faults.rest import create
from tests.faults.silent_client import Memory, SilentClient
from tests.faults.table import Row
from tests.support.server import Server

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(times(240, 1800))]

MIB = 1024 * 1024
MAY_GROW = 1 * MIB
MAY_SLOW = 1.2

SILENT = 24
"""Clients that do not read: what one costs is seen better when it is paid so many times."""

OTHERS = 4
"""Tabs in chats of their own whose acknowledgements are timed."""

TURNS = 75
"""Messages with their replies in a stretch, about 50 KiB of frames each: more than the kernel's buffers take."""

PAIRS = times(1, 30)
"""Stretches without a silent client and with one, in turn; in the long form more where the machine is too noisy."""

SHORT_HISTORY = {"NONO_HISTORY_LIMIT": "4"}
"""A client that comes back gets the history at once; here it is what is said then that counts."""


@dataclass
class Stretch:
    """What was measured in one stretch: the peak of the memory, and each acknowledgement's time."""

    peak: int = 0
    times: list[float] = field(default_factory=list)

    @property
    def p95(self) -> float:
        """Returns the time within which 95 % of the acknowledgements came."""
        return statistics.quantiles(self.times, n=20)[-1]


class Site:
    """A chat in which much is said, and others in which little is, at one Nono."""

    def __init__(self, nono: Server) -> None:
        self._memory = Memory(nono.pid)
        self._address = nono.address
        self._speaker = ChatClient(nono.address, "Loud")
        self._others = [ChatClient(nono.address, f"Other {number}") for number in range(OTHERS)]
        self._said = 0

    async def open(self, stack: AsyncExitStack) -> None:
        """Creates the chats and opens their tabs."""
        for tab in (self._speaker, *self._others):
            await asyncio.to_thread(create, self._address, tab.user_id)
            await stack.enter_async_context(tab)

    async def stretch(self, *, silent: int, turns: int = TURNS) -> Stretch:
        """Says much in the one chat while so many silent clients are in it."""
        measured = Stretch()
        self._memory.begin()
        async with AsyncExitStack() as stack:
            for _ in range(silent):
                await stack.enter_async_context(SilentClient(self._address, "Loud"))
            talking = [asyncio.create_task(self._talk(tab, measured)) for tab in self._others]
            for _ in range(turns):
                self._said += 1
                await self._speaker.say(f"{self._said} {'x' * 3900}")
                await self._speaker.until(lambda: self._speaker.is_answered)
            measured.peak = self._memory.peak()
            for talk in talking:
                talk.cancel()
            await asyncio.wait(talking)
        return measured

    async def _talk(self, tab: ChatClient, measured: Stretch) -> None:
        while True:
            self._said += 1
            since = time.perf_counter()
            await tab.say(f"message {self._said}")
            measured.times.append(time.perf_counter() - since)
            await tab.until(lambda: tab.is_answered)


async def slowed_by(site: Site) -> float:
    """Returns by what factor one silent client slows the others' p95: the median over pairs of stretches."""
    factors: list[float] = []
    while len(factors) < PAIRS or (IS_LONG and statistics.median(factors) > MAY_SLOW and len(factors) < 5 * PAIRS):
        quiet, silent = await site.stretch(silent=0), await site.stretch(silent=1)
        factors.append(silent.p95 / quiet.p95)
    return statistics.median(factors)


async def grown_by(site: Site) -> float:
    """Returns by how many bytes one silent client makes the process grow, at its peak."""
    before = (await site.stretch(silent=0)).peak
    return ((await site.stretch(silent=SILENT, turns=2 * TURNS)).peak - before) / SILENT


async def test_a_client_that_does_not_read_costs_little_and_slows_nobody(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    nono = start_nono(start_redis(), "loud", **SHORT_HISTORY)
    site = Site(nono)
    async with AsyncExitStack() as stack:
        await site.open(stack)
        growth, factor = await grown_by(site), await slowed_by(site)
    held = "" if IS_LONG else ", which is not held here"
    remark = f"each {growth / MIB:.2f} MiB of 1, others' p95 {factor:.2f}x of 1.2{held}"
    tried = PAIRS + SILENT
    note(Row("client that does not read", tried, tried, 0, "clients", remark))
    assert growth <= MAY_GROW
    # Other programs on the machine move a ratio of times too: here it is told, and held to its bound by `make faults`.
    assert factor <= MAY_SLOW or not IS_LONG


async def test_without_bounds_it_makes_the_process_grow(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    nono = start_nono(start_redis(), "loud", "unbounded", **SHORT_HISTORY)
    site = Site(nono)
    async with AsyncExitStack() as stack:
        await site.open(stack)
        growth = await grown_by(site)
    remark = f"each makes the process grow by {growth / MIB:.0f} MiB"
    note(Row("bounds on what waits for a client", SILENT, SILENT, SILENT, is_control=True, remark=remark))
    assert growth > MAY_GROW
