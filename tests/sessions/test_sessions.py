"""SessionManager on a real store."""

import concurrent.futures
import time

import pytest
import redis
from pytest_django.fixtures import Settings

from chat_app.memory import ChatMemoryManager
from nono.errors import InvalidRequest, InvalidUserId, SessionExists, SessionNotFound, UnknownPersona
from sessions_app.listing import ListQuery
from sessions_app.manager import SessionManager

memory = ChatMemoryManager()


def test_create_stores_a_hash_of_that_name_with_a_clock(sessions: SessionManager, raw: redis.Redis) -> None:
    session = sessions.create_session("John Doe", "mental_health_nurse", {"from": "test"})
    stored = raw.hgetall("session:John Doe")
    assert stored["user_id"] == "John Doe"
    assert stored["persona"] == "mental_health_nurse"
    assert stored["metadata"] == '{"from":"test"}'
    assert stored["message_count"] == "0"
    assert raw.ttl("session:John Doe") == 3600
    assert session.session_id.startswith("session_John Doe_")
    assert sessions.get_session("John Doe") == session


def test_create_refuses_a_living_name_and_changes_nothing(sessions: SessionManager, raw: redis.Redis) -> None:
    sessions.create_session("Ann", "creative_writer")
    before = raw.hgetall("session:Ann")
    with pytest.raises(SessionExists, match="'Ann'"):
        sessions.create_session("Ann")
    assert raw.hgetall("session:Ann") == before


def test_of_many_creates_at_once_exactly_one_wins(sessions: SessionManager) -> None:
    def create(_: int) -> bool:
        try:
            sessions.create_session("Ann")
        except SessionExists:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(create, range(12))) == 1


def test_the_rule_for_names_holds_for_programs_too(sessions: SessionManager) -> None:
    assert sessions.create_session("  Jose\u0301 ").user_id == "Jos\u00e9"
    for name in ("", "a/b", "*", "x" * 65):
        with pytest.raises(InvalidUserId):
            sessions.create_session(name)
    assert sessions.list_active_sessions() == ["Jos\u00e9"]


def test_create_refuses_an_unknown_persona_by_name(sessions: SessionManager) -> None:
    with pytest.raises(UnknownPersona, match=r"pirate.*default"):
        sessions.create_session("Ann", "pirate")


@pytest.mark.parametrize("metadata", [{"a": "x" * 5000}, {"a": {"b": {"c": {"d": {"e": {}}}}}}])
def test_create_refuses_metadata_over_its_bounds(sessions: SessionManager, metadata: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        sessions.create_session("Ann", metadata=metadata)


def test_get_refuses_what_is_not_there(sessions: SessionManager) -> None:
    with pytest.raises(SessionNotFound, match="'Nobody'"):
        sessions.get_session("Nobody")


def test_update_changes_persona_and_metadata_and_winds_the_clock(sessions: SessionManager, raw: redis.Redis) -> None:
    sessions.create_session("Ann")
    raw.expire("session:Ann", 10)
    updated = sessions.update_session("Ann", persona="creative_writer", metadata={"n": 1})
    assert (updated.persona, updated.metadata) == ("creative_writer", {"n": 1})
    assert raw.ttl("session:Ann") == 3600


def test_the_clock_never_passes_the_greatest_age(
    sessions: SessionManager, raw: redis.Redis, settings: Settings
) -> None:
    settings.NONO_SESSION_MAX_AGE = 60
    sessions.create_session("Ann")
    memory.add_message("Ann", "user", "hello")
    sessions.extend("Ann")
    assert 58 <= raw.ttl("session:Ann") <= 60
    assert raw.pttl("session:Ann") == pytest.approx(raw.pttl("chat_history:Ann"), abs=50)


def test_delete_leaves_nothing_but_the_undo_copy(sessions: SessionManager, raw: redis.Redis) -> None:
    sessions.create_session("Ann")
    memory.add_message("Ann", "user", "hello")
    sessions.delete_session("Ann")
    left = {key for key in raw.scan_iter() if "Ann" in key}
    assert left == {"undo:session:Ann", "undo:chat_history:Ann", "undo:chat_sends:Ann"}
    assert all(0 < raw.pttl(key) <= 10_000 for key in left)
    assert raw.zscore("session_index", "Ann") is None
    with pytest.raises(SessionNotFound):
        sessions.delete_session("Ann")


def test_undo_brings_everything_back_with_its_clock(sessions: SessionManager, raw: redis.Redis) -> None:
    before = sessions.create_session("Ann")
    memory.add_message("Ann", "user", "hello")
    raw.pexpire("session:Ann", 500_000)
    cleared = sessions.delete_session("Ann")
    restored = sessions.undo("Ann", cleared.undo)
    assert restored.session_id == before.session_id
    assert [one.content for one in memory.get_messages("Ann").messages] == ["hello"]
    assert len({raw.pttl(key) // 1000 for key in ("session:Ann", "chat_history:Ann", "chat_sends:Ann")}) == 1
    assert sessions.list_active_sessions() == ["Ann"]
    assert not list(raw.scan_iter("undo:*"))


def test_undo_refuses_a_wrong_token_and_a_name_that_lives_again(sessions: SessionManager) -> None:
    sessions.create_session("Ann")
    cleared = sessions.delete_session("Ann")
    with pytest.raises(SessionNotFound):
        sessions.undo("Ann", "guessed")
    sessions.create_session("Ann")
    with pytest.raises(SessionExists):
        sessions.undo("Ann", cleared.undo)


def test_the_list_tells_all_living_sessions_the_latest_first(sessions: SessionManager, raw: redis.Redis) -> None:
    for name in ("Ann", "Bob", "Cleo"):
        sessions.create_session(name)
    memory.add_message("Ann", "user", "hello")
    raw.delete("session:Bob")
    raw.zadd("session_index", {"Bob": 1})
    page = sessions.list_sessions_detailed()
    assert [one.user_id for one in page.sessions] == ["Ann", "Cleo"]
    assert page.count == 2
    assert page.sessions[0].message_count == 1
    assert sessions.list_active_sessions() == ["Ann", "Cleo"]


def test_pages_join_to_the_whole_list_also_where_activity_is_tied(sessions: SessionManager, raw: redis.Redis) -> None:
    names = [f"user {i}" for i in range(23)]
    for name in names:
        sessions.create_session(name)
    raw.zadd("session_recency", dict.fromkeys(names[5:15], 1_700_000_000_000))
    for name in names[5:15]:
        raw.hset(f"session:{name}", "active_ms", 1_700_000_000_000)
    whole = [one.user_id for one in sessions.list_sessions_detailed().sessions]
    for text in ("", "user"):
        seen, cursor = [], None
        while True:
            page = sessions.list_sessions_detailed(ListQuery(limit=4, cursor=cursor, text=text))
            seen += [one.user_id for one in page.sessions]
            cursor = page.next
            if cursor is None:
                break
        assert seen == whole
        assert len(set(seen)) == 23


def test_the_list_is_narrowed_by_persona_and_by_a_part_of_the_name(sessions: SessionManager) -> None:
    sessions.create_session("Ann", "creative_writer")
    sessions.create_session("Hannah")
    sessions.create_session("Bob")
    assert sessions.list_sessions_detailed(ListQuery(text="ANN")).count == 2
    page = sessions.list_sessions_detailed(ListQuery(text="ann", persona="creative_writer"))
    assert [one.user_id for one in page.sessions] == ["Ann"]


@pytest.mark.parametrize("cursor", ["x", "!!!", "W10", "WzFd", "bm90IGpzb24"])
def test_a_cursor_that_no_list_gave_is_refused(sessions: SessionManager, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        sessions.list_sessions_detailed(ListQuery(cursor=cursor))


def test_no_key_is_ever_without_a_clock(sessions: SessionManager, raw: redis.Redis) -> None:
    sessions.create_session("Ann", owner="someone")
    memory.add_message("Ann", "user", "hello")
    sessions.create_session("Bob")
    sessions.delete_session("Bob")
    sessions.extend("Ann")
    assert {key: raw.ttl(key) for key in raw.scan_iter() if raw.ttl(key) < 0} == {}


def test_a_session_dies_with_its_clock_and_leaves_the_list(
    sessions: SessionManager, raw: redis.Redis, settings: Settings
) -> None:
    settings.NONO_SESSION_TTL = 1
    sessions.create_session("Ann")
    memory.add_message("Ann", "user", "hello")
    deadline = time.monotonic() + 10
    while raw.exists("session:Ann") and time.monotonic() < deadline:
        raw.ping()
    assert sessions.list_sessions_detailed().count == 0
    assert not [key for key in raw.scan_iter() if "Ann" in key]


def test_a_session_damaged_by_hand_is_read_as_far_as_it_goes(sessions: SessionManager, raw: redis.Redis) -> None:
    sessions.create_session("Ann")
    raw.hset(
        "session:Ann",
        mapping={"metadata": "{not json", "message_count": "many", "expires_at": "9" * 18, "persona": b"\xff"},
    )
    page = sessions.list_sessions_detailed()
    assert page.sessions[0].metadata == {}
    assert page.sessions[0].message_count == 0
