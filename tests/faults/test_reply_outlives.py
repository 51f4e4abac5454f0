"""The process that says a reply is killed in the middle of it; another process sees it to its end."""

import asyncio
import time

import pytest

from tests.faults.chat_client import ChatClient, Impatient
from tests.faults.conftest import Note, StartNono, StartRedis
from tests.faults.extent import times
from tests.faults.redis_server import OwnRedis
from tests.faults.rest import create, history
from tests.faults.table import Row
from tests.support.server import Server

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(times(90, 600))]

PROMISED = 15.0
"""Seconds within which the reply is there."""

CHATS = times(5, 50)
KILLS = times(1, 5)


async def lose_the_process(dying: Server, surviving: Server, name: str, killed: asyncio.Event) -> float:
    """Lets a reply begin at one process and looks on at another; returns the seconds from death to reply."""
    async with ChatClient(dying.address, name) as speaker, ChatClient(surviving.address, name) as onlooker:
        await onlooker.until(lambda: bool(onlooker.epoch))
        await speaker.say("hello")
        await onlooker.until(lambda: "word5" in onlooker.reply)
        await killed.wait()
        since = time.monotonic()
        await onlooker.until(lambda: onlooker.is_answered, PROMISED)
        took = time.monotonic() - since
    assert onlooker.transcript == history(surviving.address, name)
    assert [message["role"] for message in onlooker.transcript] == ["user", "assistant"]
    reply = onlooker.transcript[1]
    assert (reply["metadata"]["state"], reply["content"].split()[-1]) == ("done", "word59")
    return took


async def kill_amid_replies(dying: Server, surviving: Server, names: list[str]) -> float:
    """Kills one process when all replies have begun; returns the seconds after which the last was there."""
    killed = asyncio.Event()
    for name in names:
        await asyncio.to_thread(create, dying.address, name)
    chats = [asyncio.create_task(lose_the_process(dying, surviving, name, killed)) for name in names]
    async with ChatClient(surviving.address, names[-1]) as witness:
        await witness.until(lambda: "word10" in witness.reply)
        dying.kill()
        killed.set()
    return max(await asyncio.gather(*chats))


async def test_another_process_finishes_the_reply_within_15_seconds(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis()
    dying, surviving = start_nono(store, "slow"), start_nono(store, "slow")
    longest = 0.0
    for kill in range(KILLS):
        names = [f"Chat {kill} {number}" for number in range(CHATS)]
        longest = max(longest, await kill_amid_replies(dying, surviving, names))
        dying.start()
    stored = sum(len(replies(store, f"Chat {kill} {number}")) for kill in range(KILLS) for number in range(CHATS))
    asked = KILLS * CHATS
    note(Row("process killed amid replies", KILLS, asked, stored - asked, "replies", f"finished {longest:.0f} s later"))
    assert stored == asked


async def test_without_the_watch_the_reply_never_comes(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis()
    dying, surviving = start_nono(store, "slow"), start_nono(store, "slow", "unwatched")
    with pytest.raises(Impatient):
        await kill_amid_replies(dying, surviving, ["Chat"])
    note(Row("the watch, which takes replies over", 1, 1, 1 - len(replies(store, "Chat")), is_control=True))
    assert replies(store, "Chat") == []


def replies(store: OwnRedis, name: str) -> list[str]:
    """Returns the stored replies of a chat, as they lie in Redis."""
    with store.client() as client:
        return [one for one in client.lrange(f"chat_history:{name}", 0, -1) if '"role":"assistant"' in one]
