"""The disk or the memory of Redis is full: what changes anything is refused, said, and nothing is half-written."""

from collections.abc import Callable

import pytest
import redis

from tests.faults.chat_client import ChatClient
from tests.faults.conftest import Note, StartNono, StartRedis
from tests.faults.crowd import Crowd
from tests.faults.extent import times
from tests.faults.redis_server import OwnRedis
from tests.faults.rest import call, create, history
from tests.faults.table import Row

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(times(60, 600))]

TIMES = times(3, 50)
EVERY_SECOND = ("--appendonly", "yes", "--appendfsync", "everysec")
PAGE = "x" * 4000

Change = Callable[[OwnRedis], None]


def fill_memory(store: OwnRedis) -> None:
    with store.client() as client:
        client.config_set("maxmemory", 1)


def free_memory(store: OwnRedis) -> None:
    with store.client() as client:
        client.config_set("maxmemory", 0)


def fill_disk(store: OwnRedis) -> None:
    """Leaves the disk no room, and Redis time to notice: it finds out by the first write that fails."""
    store.fill_disk(room=0)
    store.wait_until(notices_the_full_disk)


def notices_the_full_disk(client: "redis.Redis") -> bool:
    try:
        client.set("probe", PAGE)
        client.delete("probe")
    except redis.ResponseError as error:
        return str(error).startswith("MISCONF")
    return False


@pytest.mark.parametrize(
    ("what", "fill", "free"),
    [("memory", fill_memory, free_memory), ("disk", fill_disk, OwnRedis.free_disk)],
)
async def test_a_full_store_refuses_says_so_and_keeps_everything_as_it_was(
    what: str, fill: Change, free: Change, start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis(*EVERY_SECOND)
    nono = start_nono(store, "brief")
    create(nono.address, "Ann")
    async with ChatClient(nono.address, "Ann") as tab:
        await tab.say("before")
        await tab.until(lambda: tab.seq == 2)
        for number in range(TIMES):
            fill(store)
            before, refused = store.contents(), len(tab.refusals)
            await tab.begin_to_say(f"message {number} {PAGE[:3900]}")
            await tab.until(lambda refused=refused: len(tab.refusals) > refused + 1)  # type: ignore[misc]
            refusals = [
                call(nono.address, "POST", "/api/session/create", {"user_id": "Bob"}),
                call(nono.address, "POST", "/api/chat", {"user_id": "Ann", "message": PAGE}),
                call(nono.address, "POST", "/api/session/Ann/extend"),
            ]
            assert history(nono.address, "Ann") == tab.transcript
            assert store.contents() == before
            assert {(answer.status, answer.body["code"]) for answer in refusals} == {(503, "store_unavailable")}
            assert all(int(answer.retry_after or 0) >= 1 for answer in refusals)
            free(store)
            await tab.until(lambda seq=tab.seq: tab.seq == seq + 2)  # type: ignore[misc]
    assert {refusal["code"] for refusal in tab.refusals} == {"store_unavailable"}
    assert {"client_id", "message", "retry_after"} <= tab.refusals[0].keys()
    assert history(nono.address, "Ann") == tab.transcript
    assert len(tab.transcript) == 2 + 2 * TIMES
    note(Row(f"{what} of Redis full: refused, nothing changed", TIMES, len(tab.acknowledged), 0))


async def test_a_reply_that_cannot_be_stored_waits_until_it_can(start_redis: StartRedis, start_nono: StartNono) -> None:
    store = start_redis()
    nono = start_nono(store, "slow")
    create(nono.address, "Ann")
    async with ChatClient(nono.address, "Ann") as tab:
        await tab.say("hello")
        await tab.until(lambda: "word3" in tab.reply)
        fill_memory(store)
        await tab.until(lambda: "word59" in tab.reply)
        assert tab.seq == 1
        free_memory(store)
        await tab.until(lambda: tab.seq == 2)
    assert history(nono.address, "Ann") == tab.transcript


async def test_a_redis_that_ends_because_it_cannot_flush_loses_nothing(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis()
    nono = start_nono(store, "brief")
    async with Crowd(nono.address, chats=3) as crowd:
        for _ in range(TIMES):
            await crowd.more(20)
            store.fill_disk(room=5000)
            await crowd.talk_until(lambda: not store.is_running)
            store.start()
        await crowd.fall_silent()
    losses = crowd.losses(store)
    assert {refusal["code"] for tab in crowd.tabs for refusal in tab.refusals} <= {"store_unavailable"}
    note(Row("disk full under appendfsync always: Redis ends", TIMES, crowd.acknowledged, losses.total))
    assert losses.total == 0, losses


async def test_a_redis_that_evicts_loses_what_was_acknowledged(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis("--maxmemory", "2mb", "--maxmemory-policy", "allkeys-lru")
    nono = start_nono(store, "brief")
    names = [f"Chat {number}" for number in range(30)]
    for name in [*names, "Long"]:
        create(nono.address, name)
    for name in names:
        async with ChatClient(nono.address, name) as tab:
            await tab.say("hello")
    async with ChatClient(nono.address, "Long") as tab:
        for number in range(1000):
            await tab.say(f"{number} {PAGE[:3900]}")
            with store.client() as client:
                if lost := sum(not client.exists(f"chat_history:{name}") for name in names):
                    break
    note(Row("maxmemory-policy noeviction (it is allkeys-lru)", 1, len(names), lost, is_control=True))
    assert lost


def test_a_change_of_two_commands_is_half_done_where_memory_is_full(start_redis: StartRedis, note: Note) -> None:
    store = start_redis()
    with store.client() as client:
        client.rpush("history", *range(10))
        fill_memory(store)
        with pytest.raises(redis.ResponseError, match="maxmemory"):
            client.pipeline(transaction=False).ltrim("history", -9, -1).rpush("history", "new").execute()
        lost = 10 - client.llen("history")
    note(Row("one script for one change, refused whole", 1, 10, lost, is_control=True))
    assert lost == 1
