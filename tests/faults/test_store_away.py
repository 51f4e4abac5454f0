"""Redis is down, or frozen: nothing is acknowledged, everybody is told within 3 s, and it all comes back by itself."""

import asyncio
import json
import threading
import time
from collections.abc import Callable

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.faults.chat_client import ChatClient
from tests.faults.conftest import Note, StartNono, StartRedis
from tests.faults.extent import times
from tests.faults.redis_server import OwnRedis
from tests.faults.rest import Answer, call, create, history
from tests.faults.table import Row
from tests.support.server import Server

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(times(120, 1200))]

PROMISED = 3.0
"""Seconds within which everybody is told."""

SLACK = 1.0
"""Seconds on top of that for a machine that has other work, too."""

OUTAGES = times(2, 20)
RESTARTS = times(3, 50)
OUTAGE = 0.6
"""Seconds for which a restart is ridden through."""

# What a frozen Redis had received already it does when it thaws, though its caller was told 503 long ago: so what is
# asked here does no harm to the chat that is looked at.
CHANGES = [
    ("POST", "/api/session/create", {"user_id": "Bob"}),
    ("POST", "/api/chat", {"user_id": "Ann", "message": "hello"}),
    ("POST", "/api/session/Ann/extend", None),
    ("DELETE", "/api/session/Carl/clear", None),
    ("GET", "/api/session/Ann/history", None),
    ("GET", "/api/sessions", None),
]

Change = Callable[[OwnRedis], None]


async def timed(*change: object) -> tuple[Answer, float]:
    """Calls, and measures how long the answer took."""

    def call_now() -> tuple[Answer, float]:
        since = time.monotonic()
        return call(*change), time.monotonic() - since  # type: ignore[arg-type]

    return await asyncio.to_thread(call_now)


@pytest.mark.parametrize(
    ("how", "take_away", "bring_back"),
    [("down", OwnRedis.kill, OwnRedis.start), ("frozen", OwnRedis.freeze, OwnRedis.thaw)],
)
async def test_everybody_is_told_in_time_and_it_all_comes_back(
    how: str, take_away: Change, bring_back: Change, start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis()
    nono = start_nono(store, "brief")
    for name in ("Ann", "Carl"):
        create(nono.address, name)
    longest = 0.0
    async with ChatClient(nono.address, "Ann") as tab:
        for number in range(OUTAGES):
            await tab.say(f"before {number}")
            await tab.until(lambda: tab.is_answered)
            take_away(store)
            longest = max(longest, await tells_everybody(nono, tab, f"during {number}"))
            bring_back(store)
            await tab.until(lambda number=number: f"during {number}" in tab.acknowledged)  # type: ignore[misc]
            await tab.until(lambda: tab.is_answered)
            await until_healthy(nono)
    stored = history(nono.address, "Ann")
    assert tab.transcript == stored
    said = [message["content"] for message in stored if message["role"] == "user"]
    assert said == [f"{when} {number}" for number in range(OUTAGES) for when in ("before", "during")]
    note(Row(f"Redis {how}", OUTAGES, len(said), 0, remark=f"told after {longest:.1f} s at most"))


async def tells_everybody(nono: Server, tab: ChatClient, text: str) -> float:
    """Asks in every way while the store is away; returns after how many seconds the last answer came."""
    refused, since = len(tab.refusals), time.monotonic()
    await tab.begin_to_say(text)
    asked = [asyncio.create_task(timed(nono.address, *change)) for change in CHANGES]
    health = asyncio.create_task(timed(nono.address, "GET", "/health"))
    newcomer = asyncio.create_task(refuses_a_newcomer(nono))
    page, _ = await timed(nono.address, "GET", "/")
    await tab.until(lambda: len(tab.refusals) > refused, PROMISED + SLACK)
    took = [time.monotonic() - since, await newcomer]
    assert page.status == 200
    assert text not in tab.acknowledged
    assert tab.refusals[-1]["code"] == "store_unavailable"
    for answer, seconds in [await one for one in asked]:
        assert (answer.status, answer.body["code"]) == (503, "store_unavailable")
        assert int(answer.retry_after or 0) >= 1
        took.append(seconds)
    answer, seconds = await health
    assert (answer.status, answer.body["redis"]) == (503, False)
    took.append(seconds)
    assert max(took) < PROMISED + SLACK, took
    return max(took)


async def refuses_a_newcomer(nono: Server) -> float:
    """Opens a chat while the store is away; returns after how many seconds it was refused, readably."""
    since = time.monotonic()
    async with connect(f"{nono.address.replace('http', 'ws')}/ws/chat/Ann", close_timeout=0.2) as socket:
        refusal = json.loads(await socket.recv())
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert (refusal["code"], socket.close_code) == ("store_unavailable", 4500)
    return time.monotonic() - since


async def until_healthy(nono: Server) -> None:
    async with asyncio.timeout(10):
        while (await timed(nono.address, "GET", "/health"))[0].status != 200:
            pass


async def test_a_short_restart_is_ridden_through_without_a_word(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis()
    nono = start_nono(store, "brief")
    create(nono.address, "Ann")
    async with ChatClient(nono.address, "Ann") as tab:
        await tab.until(lambda: bool(tab.epoch))
        for number in range(RESTARTS):
            store.kill()
            again = threading.Timer(OUTAGE, store.start)
            again.start()
            said = asyncio.create_task(tab.say(f"message {number}"))
            answers = await asyncio.gather(*(timed(nono.address, *change) for change in CHANGES if change[0] == "GET"))
            await said
            await asyncio.to_thread(again.join)
            await tab.until(lambda: tab.is_answered)
            assert {answer.status for answer, _ in answers} == {200}
    assert (tab.refusals, tab.connections) == ([], 1)
    assert tab.transcript == history(nono.address, "Ann")
    note(Row(f"Redis away for {OUTAGE} s", RESTARTS, len(tab.acknowledged), 0, remark="no error was seen"))


async def test_without_patience_a_short_restart_is_noticed(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis()
    nono = start_nono(store, "brief", "impatient")
    create(nono.address, "Ann")
    async with ChatClient(nono.address, "Ann") as tab:
        await tab.until(lambda: bool(tab.epoch))
        store.kill()
        await tab.begin_to_say("hello")
        await tab.until(lambda: bool(tab.refusals))
        store.start()
    note(Row("trying again while Redis restarts", 1, 0, 1, is_control=True, remark="the outage is seen"))
