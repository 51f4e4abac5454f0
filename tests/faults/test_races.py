"""Clearing and appending at once, and appending from two processes at once."""

import asyncio
import contextlib
import json
import random
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
import redis
from redis.asyncio import Redis

from chat_app.memory import ChatMemoryManager
from nono import store
from nono.environment import PROJECT
from nono.errors import SessionNotFound
from sessions_app.manager import SessionManager
from tests.faults.conftest import Note
from tests.faults.extent import times
from tests.faults.table import Row

pytestmark = [pytest.mark.slow, pytest.mark.timeout(times(90, 600))]

RACES = times(1000, 5000)
APPENDS = 6
EACH = times(300, 5000)
"""Appends of each of two processes."""

memory = ChatMemoryManager()


@pytest.fixture
async def clean(raw: redis.Redis) -> AsyncIterator[redis.Redis]:
    """The store, empty, and left without open connections."""
    yield raw
    await store.aclose()


class Race:
    """One chat to which one side appends while the other takes it away; ``accepted`` counts what was appended."""

    def __init__(self, sessions: SessionManager, name: str) -> None:
        self.sessions = sessions
        self.name = name
        self.accepted = 0

    async def run(self, raw: redis.Redis, way: str) -> int:
        """Runs the race; returns how much came back."""
        session = await asyncio.to_thread(self.sessions.create_session, self.name)
        start = asyncio.Event()
        clearing = asyncio.create_task(self._clear(start, way))
        epoch = "" if way == "delete" else session.epoch
        fires_at = random.randrange(APPENDS)
        for number in range(APPENDS):
            if number == fires_at:
                start.set()
            with contextlib.suppress(SessionNotFound):
                await memory.aadd_message(self.name, "user", f"message {number}", epoch=epoch)
                self.accepted += 1
        await clearing
        back = raw.llen(f"chat_history:{self.name}")
        if way == "delete":
            back += raw.exists(f"session:{self.name}", f"chat_sends:{self.name}", f"chat_reply:{self.name}")
        else:
            back += int(raw.hget(f"session:{self.name}", "message_count") or 0)
        return int(back)

    async def _clear(self, start: asyncio.Event, way: str) -> None:
        await start.wait()
        match way:
            case "delete":
                await asyncio.to_thread(self.sessions.delete_session, self.name)
            case "empty":
                await asyncio.to_thread(memory.clear_history, self.name)
            case "begin anew":
                await asyncio.to_thread(self.sessions.delete_session, self.name)
                await asyncio.to_thread(self.sessions.create_session, self.name)


async def test_nothing_that_was_cleared_comes_back(clean: redis.Redis, sessions: SessionManager, note: Note) -> None:
    back, accepted = 0, 0
    for number in range(RACES):
        race = Race(sessions, f"Race {number}")
        back += await race.run(clean, ("delete", "empty", "begin anew")[number % 3])
        accepted += race.accepted
    note(Row("clear and append at once", RACES, accepted, back))
    assert back == 0
    assert 0 < accepted < RACES * APPENDS


async def test_a_naive_clear_lets_messages_come_back(clean: redis.Redis, store_url: str, note: Note) -> None:
    back, races = 0, times(100, 1000)
    async with Redis.from_url(store_url) as one, Redis.from_url(store_url) as other:
        for number in range(races):
            key = f"history of {number}"
            writing = asyncio.create_task(append_naively(one, key))
            for _ in range(random.randrange(APPENDS)):
                await other.ping()
            await other.delete(key)
            await writing
            back += clean.exists(key)
    note(Row("one script for one change, with its epoch", races, races * APPENDS, back, is_control=True))
    assert back


async def append_naively(client: "Redis", key: str) -> None:
    for number in range(APPENDS):
        await client.rpush(key, number)


def append_from_two_processes(name: str, *naive: str) -> None:
    command = [sys.executable, "-m", "tests.faults.appender", name, str(EACH), *naive]
    processes = [
        subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=times(60, 300))
        assert process.returncode == 0


def misplaced(raw: redis.Redis, name: str) -> int:
    """Counts the messages that are not at the place that they name, and those that the session does not count."""
    seqs = [int(json.loads(one)["seq"]) for one in raw.lrange(f"chat_history:{name}", 0, -1)]
    uncounted = 2 * EACH - int(raw.hget(f"session:{name}", "message_count") or 0)
    return sum(seq != place for place, seq in enumerate(seqs, 2 * EACH - len(seqs) + 1)) + abs(uncounted)


def test_two_processes_that_append_at_once_leave_no_gap(raw: redis.Redis, sessions: SessionManager, note: Note) -> None:
    sessions.create_session("Ann")
    append_from_two_processes("Ann")
    wrong = misplaced(raw, "Ann")
    note(Row("two processes append at once", 1, 2 * EACH, wrong))
    assert wrong == 0
    assert raw.ttl("session:Ann") == raw.ttl("chat_history:Ann") == raw.ttl("chat_sends:Ann")


def test_two_processes_that_look_before_they_append_get_in_each_others_way(
    raw: redis.Redis, sessions: SessionManager, note: Note
) -> None:
    sessions.create_session("Ann")
    append_from_two_processes("Ann", "naively")
    wrong = misplaced(raw, "Ann")
    note(Row("counting in the script that stores", 1, 2 * EACH, wrong, is_control=True))
    assert wrong
