"""The commands that list and clean up sessions, as an operator types them."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import redis
from django.core.management import CommandError, ManagementUtility, call_command
from pytest_django.fixtures import Settings

from chat_app.memory import ChatMemoryManager
from nono.errors import StoreUnavailable
from sessions_app.management.commands.list_sessions import table
from sessions_app.manager import SessionManager
from tests.support.corruptions import DAMAGES, dump, everyday_chat, orphan

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
    assert rows[0].endswith("60 min     none    0")
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


def test_list_as_json_is_what_the_api_answers_and_what_an_operator_may_know(
    three: redis.Redis, sessions: SessionManager
) -> None:
    listed = json.loads(manage("list_sessions", "--json"))
    known = [(one.pop("safety"), one.pop("tabs"), one.pop("metadata")) for one in listed["sessions"]]
    assert known == [("none", 0, {})] * 3
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


def test_list_is_sorted_and_narrowed_by_level(three: redis.Redis) -> None:
    three.hset("session:Bob", "safety", "crisis")
    assert names("--order", "name") == ["Ann", "Bob", "Zoë 日本"]
    assert names("--order", "safety")[0] == "Bob"
    assert names("--safety", "any") == names("--safety", "crisis") == ["Bob"]
    assert names("--safety", "imminent") == []


def test_list_goes_on_from_a_cursor(three: redis.Redis) -> None:
    first = json.loads(manage("list_sessions", "--json", "--limit", "2"))
    assert names("--cursor", first["next"]) == ["Bob"]


def test_cleanup_tells_a_script_its_numbers(sessions: SessionManager, raw: redis.Redis) -> None:
    orphan(raw)
    told = json.loads(manage("cleanup_sessions", "--dry-run", "--json"))
    assert (told["dry_run"], told["looked_at"], told["found"]["orphan"]) == (True, 2, 2)
    assert sum(told["found"].values()) == 2


@pytest.fixture
def long_chats(sessions: SessionManager, raw: redis.Redis) -> redis.Redis:
    """Two chats of six messages, the first three of an hour ago; the last of Ann's waits for a reply."""
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    for name, persona in (("Ann", "creative_writer"), ("Bob", "default")):
        sessions.create_session(name, persona)
        for number in range(6):
            memory.add_message(name, "user" if number % 2 == 0 else "assistant", f"{number}")
        for number in range(3):
            element = json.loads(str(raw.lindex(f"chat_history:{name}", number)))
            raw.lset(f"chat_history:{name}", number, json.dumps({**element, "timestamp": hour_ago}))
        raw.hset(f"session:{name}", "answered", 5)
    return raw


def kept(raw: redis.Redis, name: str) -> list[str]:
    return [json.loads(str(element))["content"] for element in raw.lrange(f"chat_history:{name}", 0, -1)]


@pytest.mark.parametrize(
    ("options", "removed", "left"),
    [
        (["--older-than", "30m"], 6, {"Ann": "345", "Bob": "345"}),
        (["--keep", "2"], 8, {"Ann": "45", "Bob": "45"}),
        (["--keep", "4", "--older-than", "30m"], 6, {"Ann": "345", "Bob": "345"}),
        (["--keep", "0"], 12, {"Ann": "", "Bob": ""}),
        (["--older-than", "30m", "--persona", "default"], 3, {"Ann": "012345", "Bob": "345"}),
        ([], 0, {"Ann": "012345", "Bob": "012345"}),
        (["--older-than", "2h"], 0, {"Ann": "012345", "Bob": "012345"}),
    ],
)
def test_history_cleanup_removes_what_is_old_or_beyond_the_newest_and_says_it_before(
    long_chats: redis.Redis, options: list[str], removed: int, left: dict[str, str]
) -> None:
    before = dump(long_chats)
    trial = json.loads(manage("cleanup_chat_history", "--json", "--dry-run", *options))
    assert (trial["dry_run"], trial["messages"], trial["histories"]) == (True, removed, 2)
    assert dump(long_chats) == before
    assert json.loads(manage("cleanup_chat_history", "--json", *options)) == {**trial, "dry_run": False}
    assert {name: "".join(kept(long_chats, name)) for name in left} == left
    assert json.loads(manage("cleanup_chat_history", "--json", *options))["messages"] == 0
    assert manage("cleanup_sessions").startswith("Everything is in order")


def test_a_chat_goes_on_by_its_numbers_after_a_history_cleanup(long_chats: redis.Redis) -> None:
    manage("cleanup_chat_history", "--keep", "1")
    assert memory.add_message("Ann", "user", "again").message.seq == 7
    history = memory.get_messages("Ann")
    assert [(one.seq, one.content) for one in history.messages] == [(6, "5"), (7, "again")]
    assert [one.seq for one in memory.get_messages("Ann", after=6).messages] == [7]


def test_what_waits_for_a_reply_outlives_a_history_cleanup(long_chats: redis.Redis) -> None:
    long_chats.hset("session:Ann", mapping={"asked": 5, "answered": 3})
    manage("cleanup_chat_history", "--keep", "0")
    assert kept(long_chats, "Ann") == ["3", "4", "5"]
    assert kept(long_chats, "Bob") == []


def test_history_cleanup_removes_what_a_lowered_limit_left_and_what_has_no_session(
    long_chats: redis.Redis, settings: Settings
) -> None:
    settings.NONO_HISTORY_LIMIT = 5
    orphan(long_chats)
    assert manage("cleanup_chat_history", "--dry-run").splitlines() == [
        "Would remove 2 messages of 2 chats.",
        "Would remove 2 keys of chats whose session is gone.",
        "Nothing was changed (--dry-run).",
        "3 histories looked at.",
    ]
    assert manage("cleanup_chat_history").splitlines()[:2] == [
        "Removed 2 messages of 2 chats.",
        "Removed 2 keys of chats whose session is gone.",
    ]
    assert manage("cleanup_chat_history") == "Nothing to remove (2 histories looked at).\n"


def test_history_cleanup_passes_over_what_a_hand_damaged(long_chats: redis.Redis) -> None:
    for number, damage in enumerate(("[", '"x"', '{"timestamp": 5}', "7")):
        long_chats.lset("chat_history:Ann", number, damage)
    long_chats.set("chat_history:Odd", "no list", ex=60)
    manage("cleanup_chat_history", "--older-than", "30m")
    assert long_chats.llen("chat_history:Ann") == 6


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--older-than", "soon"], "'soon' is not a length of time"),
        (["--older-than", "9999999999999d"], "."),
        (["--keep", "-1"], "--keep is -1; allowed is 0 or more"),
        (["--keep", "few"], "invalid int value: 'few'"),
        (["--persona", "default"], "--persona narrows --older-than and --keep"),
        (["--keep", "1", "--persona", "pirate"], 'There is no persona "pirate"'),
    ],
)
def test_history_cleanup_refuses_wrong_values_with_a_sentence(
    long_chats: redis.Redis, arguments: list[str], sentence: str
) -> None:
    before = dump(long_chats)
    with pytest.raises(CommandError, match=sentence):
        manage("cleanup_chat_history", *arguments)
    assert dump(long_chats) == before


def test_clear_takes_the_named_chats_away_after_a_question(
    three: redis.Redis, sessions: SessionManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match="Nothing was cleared"):
        manage("clear_session", "Ann", "Bob")
    assert manage("clear_session", "Ann", "--dry-run") == "Would clear 1 chat.\n  Ann (1 message)\n"
    assert len(sessions.list_active_sessions()) == 3
    monkeypatch.setattr("builtins.input", lambda _: "y")
    assert manage("clear_session", "Ann", "Bob").endswith("Cleared 2 chats.\n  Ann (1 message)\n  Bob (0 messages)\n")
    assert sessions.list_active_sessions() == ["Zoë 日本"]
    assert sessions.undo("Ann").message_count == 1


def test_clear_says_whom_it_did_not_find_and_clears_the_others(three: redis.Redis, sessions: SessionManager) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="There is no session named 'Nobody'"):
        call_command("clear_session", "Ann", "Nobody", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"dry_run": False, "cleared": ["Ann"], "missing": ["Nobody"]}
    assert "Ann" not in sessions.list_active_sessions()


def test_clear_refuses_a_name_that_there_cannot_be(sessions: SessionManager) -> None:
    with pytest.raises(CommandError, match="The name"):
        manage("clear_session", "a/b", "--no-input")


COMMANDS = "cleanup_sessions cleanup_chat_history list_sessions export_session clear_session nono_doctor chat".split()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples_and_its_exit_status(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        ManagementUtility(["manage.py", command, "--help"]).execute()
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert f"  manage.py {command}" in said.partition("examples:")[2]
    assert "\nexit status: 0 " in said


@pytest.mark.parametrize("command", ["list_sessions", "cleanup_sessions", "cleanup_chat_history"])
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
