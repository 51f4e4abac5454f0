"""The web process is killed without a word, again and again, while many tabs talk."""

import asyncio
import random

import pytest

from tests.faults.conftest import Note, StartNono, StartRedis
from tests.faults.crowd import Crowd
from tests.faults.extent import times
from tests.faults.table import Row
from tests.support.server import Server

pytestmark = [pytest.mark.redis, pytest.mark.slow]

KILLS = times(12, 200)
MESSAGES = times(20, 100)
"""Acknowledged on average between two kills."""

LONG_HISTORY = {"NONO_HISTORY_LIMIT": "100000"}


async def kill_again_and_again(server: Server, crowd: Crowd, kills: int) -> None:
    for _ in range(kills):
        await crowd.more(random.randint(1, 2 * MESSAGES))
        server.kill()
        await asyncio.to_thread(server.start)


@pytest.mark.timeout(times(150, 1800))
async def test_no_acknowledged_message_is_lost_doubled_or_out_of_place(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis()
    server = start_nono(store, "brief", **LONG_HISTORY)
    async with Crowd(server.address, chats=6) as crowd:
        await kill_again_and_again(server, crowd, KILLS)
        await crowd.fall_silent()
    losses = crowd.losses(store)
    note(Row("web process killed under load", KILLS, crowd.acknowledged, losses.total))
    assert losses.total == 0, losses
    assert crowd.acknowledged >= times(200, 10_000)


@pytest.mark.timeout(90)
async def test_without_ids_of_their_own_messages_are_stored_twice(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    await harm_shows(start_redis, start_nono, note, "ids of sends", "brief")


@pytest.mark.timeout(90)
async def test_acknowledging_before_storing_loses_messages(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    await harm_shows(start_redis, start_nono, note, "storing before acknowledging", "brief", "hasty")


async def harm_shows(
    start_redis: StartRedis, start_nono: StartNono, note: Note, protection: str, *alterations: str
) -> None:
    """Kills until something is lost or doubled, which must not take as many kills as the test above survives."""
    store = start_redis()
    server = start_nono(store, *alterations, **LONG_HISTORY)
    async with Crowd(server.address, chats=6, naive=True) as crowd:
        kills, harm = 0, 0
        while kills < KILLS and not harm:
            kills += 1
            await kill_again_and_again(server, crowd, 1)
            losses = crowd.losses(store)
            harm = losses.lost if "hasty" in alterations else losses.doubled
    note(Row(protection, kills, crowd.acknowledged, harm, is_control=True))
    assert harm
