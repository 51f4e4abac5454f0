"""The commands that list and clean up sessions, as an operator types them."""

import json
from io import StringIO

import pytest
import redis
from django.core.management import CommandError, call_command

from chat_app.memory import ChatMemoryManager
from nono.errors import StoreUnavailable
from sessions_app.management.commands.list_sessions import table
from sessions_app.manager import SessionManager
from tests.damages import DAMAGES, dump, everyday_chat, orphan

memory = ChatMemoryManager()


@pytest.fixture
def three(sessions: SessionManager, raw: redis.Redis) -> redis.Redis:
    """Three chats; the last one to have been active is Ann's."""
    sessions.create_session("Ann", "creative_writer")
    sessions.create_session("Bob")
    sessions.create_session("Zoë 日本", "creative_writer")
    memory.add_message("Ann", "user", "hello")
    return raw


def test_list_shows_a_table_the_most_recently_active_first(three: redis.Redis) -> None:
    head, *rows, count = manage("list_sessions").splitlines()
    assert head.split("  ")[0] == "name"
    assert [row.partition("  ")[0] for row in rows] == ["Ann", "Zoë 日本", "Bob"]
    assert "creative_writer  1 " in rows[0]
    assert rows[0].endswith("60 min")
    assert count == "3 sessions"


def test_list_counts_one_session_and_none(sessions: SessionManager) -> None:
    assert manage("list_sessions").endswith("\n0 sessions\n")
    sessions.create_session("Ann")
    assert manage("list_sessions").endswith("\n1 session\n")


def test_list_is_narrowed_by_persona_part_of_the_name_and_number(three: redis.Redis) -> None:
    assert names("--persona", "creative_writer") == ["Ann", "Zoë 日本"]
    assert names("--q", "ZOË") == ["Zoë 日本"]
    assert names("--q", "n", "--persona", "creative_writer") == ["Ann"]
    assert names("--limit", "2") == ["Ann", "Zoë 日本"]
    assert manage("list_sessions", "--limit", "2").endswith("\n2 of 3 sessions\n")


def test_list_as_json_is_what_the_api_answers(three: redis.Redis, sessions: SessionManager) -> None:
    listed = json.loads(manage("list_sessions", "--json"))
    assert listed == sessions.list_sessions_detailed().to_dict()
    assert "owner" not in listed["sessions"][0]
    assert "日本" in manage("list_sessions", "--json")


def test_list_aligns_wide_letters_and_marks_what_would_steer_the_terminal() -> None:
    rows = [("日本", "x"), ("e\u0301", "x"), ("👩\u200d🚀", "x"), ("a\x1b[31m", "x")]
    assert table(("name", "persona"), rows).splitlines() == [
        "name    persona",
        "日本    x",
        "e\u0301       x",
        "👩\u200d🚀    x",
        "a\ufffd[31m  x",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--persona", "pirate"], 'There is no persona "pirate"; the personas are: default, '),
        (["--limit", "0"], "limit is 0; allowed are 1 to 1000"),
        (["--limit", "1001"], "limit is 1001; allowed are 1 to 1000"),
        (["--limit", "many"], "invalid int value: 'many'"),
    ],
)
def test_list_refuses_wrong_values_with_a_sentence(
    sessions: SessionManager, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        manage("list_sessions", *arguments)


def test_cleanup_says_what_it_removed_and_mended(sessions: SessionManager, raw: redis.Redis) -> None:
    everyday_chat(sessions, raw)
    orphan(raw)
    raw.persist("session:Ann")
    assert manage("cleanup_sessions").splitlines() == [
        "      2  keys of chats whose session is gone",
        "      1  sessions with a key that would never die",
        "      3  in all: removed or mended.",
    ]
    assert not raw.exists("chat_history:Gone", "chat_sends:Gone")
    assert raw.ttl("session:Ann") > 0
    assert manage("cleanup_sessions") == "Everything is in order (10 keys and entries looked at).\n"


def test_cleanup_on_trial_says_the_same_and_changes_nothing(sessions: SessionManager, raw: redis.Redis) -> None:
    everyday_chat(sessions, raw)
    for damage, _ in DAMAGES:
        damage(raw)
    before = dump(raw)
    said = manage("cleanup_sessions", "--dry-run", "--idle-for", "1d")
    assert said.endswith(" to remove or mend; nothing was changed (--dry-run).\n")
    assert dump(raw) == before
    found = said.splitlines()[:-1]
    assert manage("cleanup_sessions").splitlines()[:-1] == found
    assert manage("cleanup_sessions").startswith("Everything is in order")


def test_cleanup_removes_idle_sessions_of_one_persona_when_asked(three: redis.Redis, sessions: SessionManager) -> None:
    for name in ("Bob", "Zoë 日本"):
        three.hincrby(f"session:{name}", "active_ms", -2 * 3_600_000)
    assert manage("cleanup_sessions").startswith("Everything is in order")
    said = manage("cleanup_sessions", "--idle-for", "90m", "--persona", "creative_writer")
    assert said.startswith("      1  sessions that were idle for too long\n")
    assert sorted(sessions.list_active_sessions()) == ["Ann", "Bob"]
    manage("cleanup_sessions", "--idle-for", "90m")
    assert sessions.list_active_sessions() == ["Ann"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--idle-for", "soon"], "'soon' is not a length of time; write 90s, 30m, 2h or 1d"),
        (["--idle-for", ""], "'' is not a length of time"),
        (["--idle-for", "-5m"], "expected one argument"),
        (["--idle-for", "1h", "--persona", "pirate"], 'There is no persona "pirate"'),
        (["--idle-for", "1h", "--persona", ""], 'There is no persona ""'),
        (["--persona", "default"], "--persona narrows --idle-for; give both"),
    ],
)
def test_cleanup_refuses_wrong_values_with_a_sentence_and_does_nothing(
    sessions: SessionManager, raw: redis.Redis, arguments: list[str], sentence: str
) -> None:
    orphan(raw)
    with pytest.raises(CommandError, match=sentence):
        manage("cleanup_sessions", *arguments)
    assert raw.exists("chat_history:Gone")


@pytest.mark.parametrize("command", ["list_sessions", "cleanup_sessions"])
def test_a_store_that_is_away_gets_its_sentence(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("The store cannot be reached.")

    monkeypatch.setattr("nono.store.run", away)
    with pytest.raises(CommandError, match="The store cannot be reached"):
        manage(command)


def manage(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def names(*arguments: str) -> list[str]:
    return [one["user_id"] for one in json.loads(manage("list_sessions", "--json", *arguments))["sessions"]]
