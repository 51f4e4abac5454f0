"""The live lists of one process: one look for all of them, one reading for all tabs of one."""

import json
from collections.abc import AsyncIterator
from functools import partialmethod
from typing import Any

import pytest
import redis

from nono import store
from nono.errors import StoreUnavailable
from nono.store import operations
from sessions_app.listing import FIELDS, ListQuery
from sessions_app.live_lists import OpenLists
from sessions_app.manager import SessionManager


class Tab:
    """Shows a list, and keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def enqueue(self, text: str) -> None:
        self.told.append(json.loads(text))

    async def look_again(self) -> None:
        """Has its right to the list."""


@pytest.fixture
async def lists(raw: redis.Redis) -> AsyncIterator[OpenLists]:
    yield OpenLists()
    await store.aclose()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the store was asked."""
    names: list[str] = []
    arun = store.arun

    async def count(operation: store.Operation[Any]) -> Any:
        names.append(operation.name)
        return await arun(operation)

    monkeypatch.setattr(store, "arun", count)
    return names


async def create(name: str, owner: str) -> str:
    """Creates a session from within a loop, and returns its epoch."""
    fields = {"session_id": f"session_{name}_1", "user_id": name, "persona": "default", "owner": owner}
    _, row = await store.arun(operations.create(name, owner, f"epoch of {name}", fields))
    return row["epoch"]


async def join(lists: OpenLists, owner: str) -> Tab:
    tab = Tab()
    await lists.join(owner, tab)
    return tab


async def test_a_look_at_many_lists_that_did_not_move_is_one_question(lists: OpenLists, asked: list[str]) -> None:
    for number in range(150):
        await create(f"n{number}", f"owner{number}")
        await join(lists, f"owner{number}")
    await lists.look()
    asked.clear()
    await lists.look()
    assert asked == ["session_digests"]


async def test_only_what_moved_is_read_and_all_its_tabs_are_told(lists: OpenLists, asked: list[str]) -> None:
    mine, mine_too, theirs = await join(lists, "me"), await join(lists, "me"), await join(lists, "them")
    await lists.look()
    await create("Ann", "me")
    asked.clear()
    await lists.look()
    assert asked == ["session_digests", "sort"]
    assert [frame["session"]["user_id"] for frame in mine.told] == ["Ann"]
    assert mine_too.told == mine.told
    assert theirs.told == []


async def test_what_newer_sessions_push_out_of_the_list_is_not_taken_away(
    lists: OpenLists, sessions: SessionManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ListQuery, "__init__", partialmethod(ListQuery.__init__, limit=2))
    for name in ("Ann", "Bob"):
        await create(name, "me")
    tab = await join(lists, "me")
    await create("Cid", "me")
    await lists.look()
    assert [(frame["type"], frame["session"]["user_id"]) for frame in tab.told] == [("created", "Cid")]
    await store.arun(operations.clear("Ann", "token"))
    await create("Dan", "me")
    await lists.look()
    assert tab.told[1:] == [
        {"type": "removed", "user_id": "Ann"},
        {"type": "created", "session": tab.told[2]["session"]},
    ]


async def test_a_list_that_is_damaged_keeps_no_other_back(lists: OpenLists, raw: redis.Redis) -> None:
    await join(lists, "damaged")
    well = await join(lists, "well")
    raw.set(operations.owner_key("damaged"), "no sorted set", px=60_000)
    await create("Ann", "well")
    await lists.look()
    assert [frame["type"] for frame in well.told] == ["created"]
    raw.delete(operations.owner_key("damaged"))
    await create("Bob", "damaged")
    again = await join(lists, "damaged")
    await lists.look()
    assert again.told == []  # it was shown what there is when it came


@pytest.mark.parametrize("field", FIELDS)
async def test_a_digest_tells_of_every_field_that_a_list_shows(
    lists: OpenLists, sessions: SessionManager, raw: redis.Redis, field: str
) -> None:
    await create("Ann", "me")
    digests = operations.digests(["me", "nobody"], FIELDS)
    before = await store.arun(digests)
    raw.hset("session:Ann", field, "another")
    after = await store.arun(digests)
    assert after[0] != before[0]
    assert after[1] == before[1]


async def test_nobody_is_looked_after_when_the_last_has_left(lists: OpenLists, asked: list[str]) -> None:
    tab = await join(lists, "me")
    lists.leave("me", tab)
    asked.clear()
    await lists.look()
    assert asked == []


async def test_who_comes_while_the_store_is_away_is_refused_and_forgotten(
    lists: OpenLists, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Any) -> Any:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(store, "arun", away)
        with pytest.raises(StoreUnavailable):
            await join(lists, "me")
    await lists.look()
    assert asked == []
