"""Redis is killed without a word on a slow disk, while many tabs talk."""

import random

import pytest

from tests.faults.conftest import Note, StartNono, StartRedis
from tests.faults.crowd import Crowd
from tests.faults.extent import times
from tests.faults.redis_server import OwnRedis
from tests.faults.slow_disk import flushing_takes
from tests.faults.table import Row

pytestmark = [pytest.mark.redis, pytest.mark.strace, pytest.mark.slow]

KILLS = times(8, 100)
EVERY_SECOND = ("--appendonly", "yes", "--appendfsync", "everysec")


@pytest.mark.timeout(times(90, 900))
async def test_what_redis_flushed_before_answering_survives_its_death(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis(before=flushing_takes(0.01))
    nono = start_nono(store, "brief")
    async with Crowd(nono.address, chats=4) as crowd:
        for _ in range(KILLS):
            await crowd.more(random.randint(1, 40))
            store.kill()
            store.start()
        await crowd.fall_silent()
    losses = crowd.losses(store)
    note(Row("Redis killed on a slow disk, appendfsync always", KILLS, crowd.acknowledged, losses.total))
    assert losses.total == 0, losses


@pytest.mark.timeout(90)
async def test_what_redis_flushes_every_second_is_lost_with_it(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis(*EVERY_SECOND, before=flushing_takes(6))
    nono = start_nono(store, "brief")
    async with Crowd(nono.address, chats=4, naive=True) as crowd:
        await crowd.more(100)
        await crowd.talk_until(lambda: has_unwritten(store))
        store.kill()
    store.start()
    losses = crowd.losses(store)
    note(Row("appendfsync always (it is everysec)", 1, crowd.acknowledged, losses.lost, is_control=True))
    assert losses.lost


def has_unwritten(store: OwnRedis) -> bool:
    """Tells whether Redis has answered for more than it has written: it waits while a flush takes its time."""
    with store.client() as client:
        return int(client.info("persistence")["aof_buffer_length"]) > 10_000
