"""What a clean-up finds, mends and removes, on a real store that was damaged by hand."""

from collections.abc import Callable

import pytest
import redis

from chat_app.memory import ChatMemoryManager
from nono import store
from nono.store import operations
from sessions_app.cleanup import Sweep
from sessions_app.manager import SessionManager
from tests.support.corruptions import DAMAGES, damaged, dump, everyday_chat, not_listed, without_clock

memory = ChatMemoryManager()
HOUR_MS = 3_600_000


@pytest.fixture
def chat(sessions: SessionManager, raw: redis.Redis) -> redis.Redis:
    """The store with one chat of everyday use."""
    everyday_chat(sessions, raw)
    return raw


def found(*, fix: bool = True, **options: object) -> dict[str, int]:
    return {kind: count for kind, count in Sweep(fix=fix, **options).run().found.items() if count}  # type: ignore[arg-type]


def test_a_chat_of_everyday_use_is_left_alone(chat: redis.Redis, sessions: SessionManager) -> None:
    sessions.create_session("Bob")
    sessions.delete_session("Bob")
    before = dump(chat)
    assert found() == {}
    assert dump(chat) == before


@pytest.mark.parametrize(("damage", "expected"), DAMAGES)
def test_damage_is_found_mended_and_then_gone(
    damage: Callable[[redis.Redis], None], expected: dict[str, int], chat: redis.Redis
) -> None:
    damage(chat)
    assert found(fix=False) == expected
    assert found() == expected
    assert found() == {}
    assert sorted(message.content for message in memory.get_messages("Ann").messages) == ["hello", "hi"]
    assert {key: chat.ttl(key) for key in chat.scan_iter() if chat.ttl(key) < 0} == {}


def test_looking_only_changes_nothing(chat: redis.Redis) -> None:
    for damage, _ in DAMAGES:
        damage(chat)
    before = dump(chat)
    kinds = found(fix=False, idle_seconds=0)
    assert len(kinds) >= 6
    assert dump(chat) == before
    found()
    assert dump(chat) != before


def test_a_session_without_a_clock_gets_a_full_one_for_all_its_keys(chat: redis.Redis) -> None:
    without_clock(chat)
    found()
    ends = {key: chat.pexpiretime(key) for key in operations.session_keys("Ann")[:4]}
    assert len(set(ends.values())) == 1
    assert HOUR_MS - 5000 < chat.pttl("session:Ann") <= HOUR_MS
    assert chat.hget("session:Ann", "expires_at") == str(ends["session:Ann"])
    assert chat.zscore("session_index", "Ann") == ends["session:Ann"]


def test_a_session_without_a_clock_and_over_its_greatest_age_is_removed(chat: redis.Redis) -> None:
    chat.hset("session:Ann", "created_ms", 1)
    without_clock(chat)
    assert found() == {"without clock": 1}
    assert not [key for key in chat.scan_iter() if key.endswith(":Ann")]
    assert chat.zscore("session_index", "Ann") is None


def test_keys_of_unequal_clocks_die_with_their_session(chat: redis.Redis) -> None:
    chat.expire("session:Ann", 100)
    found()
    assert all(chat.ttl(key) in {99, 100} for key in operations.session_keys("Ann")[:4])


def test_mending_keeps_the_place_in_the_list(chat: redis.Redis, sessions: SessionManager) -> None:
    sessions.create_session("Later")
    chat.delete("session_index", "session_recency")
    found()
    assert sessions.list_active_sessions() == ["Later", "Ann"]


def test_a_damaged_session_is_removed_with_all_its_keys(chat: redis.Redis) -> None:
    damaged(chat)
    chat.zadd("session_index", {"Odd": 9_999_999_999_999})
    found()
    assert not [key for key in chat.scan_iter() if key.endswith(":Odd")]
    assert chat.zscore("session_index", "Odd") is None


def test_idle_sessions_go_only_when_asked_and_only_of_the_persona(sessions: SessionManager, raw: redis.Redis) -> None:
    for name, persona in (("Ann", "creative_writer"), ("Bob", "default"), ("Cleo", "creative_writer")):
        sessions.create_session(name, persona)
        memory.add_message(name, "user", "hello")
    for name in ("Ann", "Bob"):
        raw.hincrby(f"session:{name}", "active_ms", -HOUR_MS)
    assert found() == {}
    assert found(fix=False, idle_seconds=1800) == {"idle": 2}
    assert found(idle_seconds=1800, persona="creative_writer") == {"idle": 1}
    assert sorted(sessions.list_active_sessions()) == ["Bob", "Cleo"]
    assert found(idle_seconds=1800) == {"idle": 1}
    assert sorted(key for key in raw.scan_iter() if ":" in key and not key.startswith("owner_index")) == [
        "chat_history:Cleo",
        "chat_sends:Cleo",
        "session:Cleo",
    ]


def test_an_activity_that_is_no_number_is_not_idle_and_not_crashed_on(chat: redis.Redis) -> None:
    chat.hset("session:Ann", "active_ms", "lately")
    assert found(idle_seconds=0) == {}


def test_keys_of_others_in_the_same_store_are_left_alone(chat: redis.Redis) -> None:
    chat.set("somebody:elses", "1")
    chat.set("plain", "1")
    assert found() == {}
    assert chat.exists("somebody:elses", "plain") == 2


def test_more_keys_than_fit_in_one_batch_are_all_looked_at(sessions: SessionManager, raw: redis.Redis) -> None:
    with raw.pipeline() as together:
        for i in range(1200):
            together.rpush(f"chat_history:gone {i}", "{}")
        together.execute()
    steps: list[int] = []
    sweep = Sweep(step=steps.append).run()
    assert sweep.found["orphan"] == 1200
    assert sweep.looked_at == sum(steps) == 1200
    assert raw.dbsize() == 0


def test_what_belongs_to_a_session_again_when_it_is_to_be_removed_stays(chat: redis.Redis) -> None:
    """The name was taken again after the keys had been read: the script that removes must look once more."""
    before = dump(chat)
    assert store.run(operations.orphans("chat_history", ["Ann"], fix=True)) == 0
    assert store.run(operations.stale(["Ann"], fix=True)) == (0, 0, 0)
    assert dump(chat) == before
    chat.delete("session:Ann")
    assert store.run(operations.orphans("chat_history", ["Ann"], fix=True)) == 1
    assert store.run(operations.stale(["Ann"], fix=True)) == (0, 1, 0)


def test_a_clean_up_tells_the_open_lists(chat: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr("nono.realtime.notifications.publish_list", lambda: rung.append("list"))
    found()
    found(fix=False, idle_seconds=0)
    assert rung == []
    not_listed(chat)
    found()
    assert rung == ["list"]
