"""ChatMemoryManager on a real store."""

import concurrent.futures
import json
import uuid
from typing import Any

import pytest
import redis
from pytest_django.fixtures import Settings

from chat_app.memory import ChatMemoryManager, append_of
from chat_app.messages import new_message
from nono import store
from nono.errors import InvalidRequest, SessionNotFound
from sessions_app import personas
from sessions_app.manager import SessionManager


@pytest.fixture
def memory(sessions: SessionManager) -> ChatMemoryManager:
    sessions.create_session("Ann")
    return ChatMemoryManager()


def test_a_message_is_stored_as_json_at_the_end_of_the_list(memory: ChatMemoryManager, raw: redis.Redis) -> None:
    memory.add_message("Ann", "user", "hello", {"mood": "good"})
    memory.add_message("Ann", "assistant", "hi")
    first, second = (json.loads(one) for one in raw.lrange("chat_history:Ann", 0, -1))
    assert (first["role"], first["content"], first["metadata"], first["seq"]) == (
        "user",
        "hello",
        {"mood": "good"},
        1,
    )
    assert (second["role"], second["content"], second["seq"]) == ("assistant", "hi", 2)
    assert raw.hget("session:Ann", "message_count") == "2"
    assert raw.ttl("session:Ann") == raw.ttl("chat_history:Ann") == raw.ttl("chat_sends:Ann") == 3600


def test_a_history_is_gone_through_message_by_message(memory: ChatMemoryManager) -> None:
    for text in ("one", "two", "three"):
        memory.add_message("Ann", "user", text)
    assert [message.content for message in memory.get_messages("Ann", 2)] == ["two", "three"]
    assert len(memory.get_messages("Ann")) == 3


@pytest.mark.parametrize(
    ("role", "content", "sentence"),
    [
        ("system", "hello", "role is 'system'; allowed are user and assistant."),
        ("user", "", "The message has 0 characters; 1 to 4000 are allowed"),
        ("user", "x" * 4001, "The message has 4001 characters; 1 to 4000 are allowed"),
    ],
)
def test_what_is_no_message_is_not_stored(memory: ChatMemoryManager, role: Any, content: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        memory.add_message("Ann", role, content)
    assert len(memory.get_messages("Ann")) == 0


def test_the_same_id_is_stored_once_and_answered_with_the_first(memory: ChatMemoryManager) -> None:
    id = str(uuid.uuid4())
    first = memory.add_message("Ann", "user", "hello", id=id)
    again = memory.add_message("Ann", "user", "something else", id=id)
    assert not first.duplicate
    assert again.duplicate
    assert again.message == first.message
    assert len(memory.get_messages("Ann").messages) == 1


def test_a_message_to_a_session_that_is_gone_is_refused_and_recreates_nothing(
    memory: ChatMemoryManager, raw: redis.Redis
) -> None:
    raw.flushdb()
    with pytest.raises(SessionNotFound):
        memory.add_message("Ann", "user", "hello")
    assert raw.dbsize() == 0


def test_a_message_of_an_earlier_life_of_the_name_is_refused(
    memory: ChatMemoryManager, sessions: SessionManager
) -> None:
    epoch = sessions.get_session("Ann").epoch
    sessions.delete_session("Ann")
    sessions.create_session("Ann")
    message = new_message("user", "late")
    late = append_of("Ann", epoch, message.id, message)
    assert store.run(late).outcome == "stale"
    assert memory.get_messages("Ann").messages == ()


def test_appends_at_once_are_numbered_without_gaps(memory: ChatMemoryManager, raw: redis.Redis) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        seqs = list(pool.map(lambda i: memory.add_message("Ann", "user", f"m{i}").message.seq, range(100)))
    assert sorted(seqs) == list(range(1, 101))
    assert [one.seq for one in memory.get_messages("Ann").messages] == list(range(1, 101))
    assert raw.hget("session:Ann", "message_count") == "100"


def test_history_is_read_whole_after_a_seq_and_newest_first_limited(memory: ChatMemoryManager) -> None:
    for i in range(1, 8):
        memory.add_message("Ann", "user", f"m{i}")

    def seqs(**query: int) -> list[int]:
        return [one.seq for one in memory.get_messages("Ann", **query).messages]

    assert seqs() == [1, 2, 3, 4, 5, 6, 7]
    assert seqs(limit=2) == [6, 7]
    assert seqs(after=3) == [4, 5, 6, 7]
    assert seqs(after=3, limit=2) == [4, 5]
    assert seqs(after=7) == seqs(after=99) == []


def test_history_keeps_the_newest_within_its_limit_and_seq_goes_on(
    memory: ChatMemoryManager, settings: Settings
) -> None:
    settings.NONO_HISTORY_LIMIT = 3
    for i in range(1, 6):
        memory.add_message("Ann", "user", f"m{i}")
    assert [one.seq for one in memory.get_messages("Ann").messages] == [3, 4, 5]
    assert [one.seq for one in memory.get_messages("Ann", after=3).messages] == [4, 5]
    assert [one.seq for one in memory.get_messages("Ann", after=1).messages] == [3, 4, 5]


def test_the_context_window_holds_the_instructions_and_the_newest_messages(
    memory: ChatMemoryManager, settings: Settings
) -> None:
    settings.NONO_CONTEXT_MESSAGES = 3
    for i in range(1, 6):
        memory.add_message("Ann", "user", f"m{i}")
    window = memory.get_context_window("Ann")
    assert window.system == personas.get("default").system_prompt
    assert [one.content for one in window.messages] == ["m3", "m4", "m5"]
    assert window.context_from == 3


def test_the_context_window_never_splits_a_message(memory: ChatMemoryManager, settings: Settings) -> None:
    settings.NONO_CONTEXT_CHARS = 250
    for letter in "abc":
        memory.add_message("Ann", "user", letter * 100)
    assert [one.content[0] for one in memory.get_context_window("Ann").messages] == ["b", "c"]
    memory.add_message("Ann", "user", "d" * 1000)
    assert [one.content[0] for one in memory.get_context_window("Ann").messages] == ["d"]


def test_clear_history_forgets_the_messages_and_keeps_the_session(
    memory: ChatMemoryManager, sessions: SessionManager, raw: redis.Redis
) -> None:
    before = sessions.get_session("Ann")
    memory.add_message("Ann", "user", "hello")
    assert memory.clear_history("Ann") == 1
    after = sessions.get_session("Ann")
    assert after.session_id == before.session_id
    assert after.epoch != before.epoch
    assert after.message_count == 0
    assert not raw.exists("chat_history:Ann", "chat_sends:Ann")
    assert memory.add_message("Ann", "user", "new").message.seq == 1


def test_a_damaged_message_is_shown_empty_and_the_rest_is_read(memory: ChatMemoryManager, raw: redis.Redis) -> None:
    memory.add_message("Ann", "user", "hello")
    memory.add_message("Ann", "user", "there")
    for damage in ("{broken", "", "[]", "7", '{"role":1,"content":null,"metadata":[]}'):
        raw.lset("chat_history:Ann", 0, damage)
        history = memory.get_messages("Ann")
        assert [one.content for one in history.messages] == ["", "there"]
        assert history.messages[0].metadata == {}
    raw.lset("chat_history:Ann", 0, "no message")
    assert [one["content"] for one in json.loads(memory.get_messages("Ann").to_json())["messages"]] == ["", "there"]
