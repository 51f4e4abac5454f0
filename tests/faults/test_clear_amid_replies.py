"""A chat is cleared and its name begun anew while a reply is being said in it, over two processes."""

import asyncio

import pytest

from tests.faults.chat_client import ChatClient
from tests.faults.conftest import Note, StartNono, StartRedis
from tests.faults.extent import times
from tests.faults.rest import call, create, history
from tests.faults.table import Row
from tests.support.server import Server

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(times(90, 300))]

CHATS = times(20, 200)


async def begin_anew_amid_a_reply(name: str, saying: Server, other: Server) -> int:
    """Returns how much of the first epoch of the name is in its second, in the store or on a tab."""
    await asyncio.to_thread(create, saying.address, name)
    async with ChatClient(saying.address, name) as tab, ChatClient(other.address, name) as onlooker:
        await tab.say("before")
        await tab.until(lambda: "word1" in tab.reply)
        await onlooker.until(lambda: onlooker.epoch == tab.epoch)
        first_life = tab.epoch
        assert (await asyncio.to_thread(call, other.address, "DELETE", f"/api/session/{name}/clear")).status == 200
        await asyncio.to_thread(create, other.address, name)
        await tab.until(lambda: tab.epoch != first_life)
        await onlooker.until(lambda: onlooker.epoch != first_life)
        # The reply to this one ends after the first life's reply would have.
        await tab.say("after")
        await asyncio.gather(*(one.until(lambda one=one: one.is_answered) for one in (tab, onlooker)))  # type: ignore[misc]
        stored = await asyncio.to_thread(history, other.address, name)
        said = [message["content"] for message in stored if message["role"] == "user"]
        return (said != ["after"]) + (len(stored) != 2) + (tab.transcript != stored) + (onlooker.transcript != stored)


async def test_nothing_of_the_first_life_reaches_the_second(
    start_redis: StartRedis, start_nono: StartNono, note: Note
) -> None:
    store = start_redis()
    saying, other = start_nono(store, "slow"), start_nono(store, "slow")
    names = [f"Chat{number}" for number in range(CHATS)]
    back = sum(await asyncio.gather(*(begin_anew_amid_a_reply(name, saying, other) for name in names)))
    note(Row("chat cleared and begun anew amid a reply", CHATS, 2 * CHATS, back))
    assert back == 0
