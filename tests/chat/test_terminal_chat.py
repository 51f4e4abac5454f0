"""``manage.py chat``: talking in a terminal, stopping an answer, leaving."""

import asyncio
import io
import logging
import os
import signal
import sys
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from chat_app import conversation
from chat_app.responders import OfflineResponder
from chat_app.safety.fixed_texts import fixed_text
from nono.environment import PROJECT
from nono.logs.foreign_records import OWN
from sessions_app import personas
from sessions_app.manager import SessionManager
from tests.support.scripted_endpoint import ModelEndpoint, piece, says, sends

LEVELS = (logging.INFO, logging.WARNING)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is typed, line by line; then Ctrl-D."""
    given: list[str] = []

    def read(_prompt: str) -> str:
        if not given:
            raise EOFError
        return given.pop(0)

    monkeypatch.setattr("builtins.input", read)
    return given


def talk(*options: str) -> str:
    out = io.StringIO()
    call_command("chat", *options, stdout=out)
    return out.getvalue()


def test_a_line_gets_its_answer_and_the_chat_is_the_same_as_in_the_browser(
    raw: redis.Redis, sessions: SessionManager, typed: list[str]
) -> None:
    typed += ["What can you do?", "  ", "Thank you"]
    told = talk("--user-id", "Ann", "--persona", "technical_support")
    assert sessions.get_session("Ann").persona == "technical_support"
    assert sessions.get_session("Ann").message_count == 4
    assert told.count("\n") >= 3
    typed += ["And now?"]
    talk("--user-id", "Ann")
    assert sessions.get_session("Ann").message_count == 6


def test_it_says_first_which_chat_this_is_and_how_to_leave(
    raw: redis.Redis, sessions: SessionManager, typed: list[str]
) -> None:
    first, greeting, *_ = talk("--user-id", "Ann", "--persona", "mental_health_nurse").splitlines()
    assert first == "The chat 'Ann', with Clara. Ctrl-D leaves it."
    assert greeting == personas.get("mental_health_nurse").greeting


def test_what_was_piped_in_is_shown_and_what_was_typed_is_not_said_again(
    raw: redis.Redis, typed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed += ["What can you do?", "Thank you"]
    lines = talk().splitlines()
    assert lines.index("> What can you do?") < lines.index("> Thank you")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    typed += ["Hello"]
    assert "> Hello" not in talk()


def test_the_log_keeps_out_of_the_dialogue_but_for_failures(
    raw: redis.Redis, typed: list[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels: list[bool] = []
    stream = conversation.stream

    def listen(*given: Any) -> Any:
        levels.extend(logging.getLogger(name).isEnabledFor(level) for name in OWN for level in LEVELS)
        return stream(*given)

    monkeypatch.setattr(conversation, "stream", listen)
    typed += ["What can you do?"]
    talk()
    assert levels == [False, True] * len(OWN)
    assert [record for record in caplog.records if record.name.split(".")[0] in OWN] == []
    assert all(logging.getLogger(name).isEnabledFor(logging.INFO) for name in OWN)


def test_a_message_that_is_too_long_is_refused_and_the_chat_goes_on(
    raw: redis.Redis, sessions: SessionManager, typed: list[str]
) -> None:
    typed += ["x" * 4001, "Hello"]
    assert "4001 characters" in talk("--user-id", "Ann")
    assert sessions.get_session("Ann").message_count == 2


@pytest.mark.parametrize(
    ("options", "word"), [(("--user-id", "a/b"), "contains '/'"), (("--persona", "nobody"), "nobody")]
)
def test_a_wrong_name_is_refused_by_the_one_rule(raw: redis.Redis, options: tuple[str, ...], word: str) -> None:
    with pytest.raises(CommandError, match=word):
        talk(*options)


def test_a_message_that_speaks_of_danger_is_followed_by_whom_to_reach(
    raw: redis.Redis, sessions: SessionManager, typed: list[str], settings: Settings
) -> None:
    settings.NONO_HELPLINE_COUNTRY = "GB"
    typed += ["Ich will nicht mehr leben", "Wie ist das Wetter?"]

    said = talk()

    assert said.count(fixed_text("card", "de")) == 1
    assert "Telefon 116 123" in said


def test_so_is_one_that_the_rate_limit_refuses(
    raw: redis.Redis, sessions: SessionManager, typed: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OfflineResponder.__init__, "__kwdefaults__", {"pace": 0})
    settings.NONO_RATE_LIMITS = True
    typed += ["Hello"] * 10 + ["I want to kill myself"]

    said = talk()

    assert "That is more than 30 messages a minute" in said
    assert said.count(fixed_text("card", "en")) == 1


async def test_ctrl_c_stops_the_answer_and_ctrl_d_leaves(raw: redis.Redis, sessions: SessionManager) -> None:
    async with ModelEndpoint(sends(piece("One "), None), says("Two.")) as model:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "manage.py", "chat", "--user-id", "Ann"),
            cwd=PROJECT,
            env={**os.environ, "LLM_BASE_URL": model.base_url, "LLM_MODEL": "tiny"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdin
        assert child.stdout
        child.stdin.write(b"Hello?\n")
        await asyncio.wait_for(child.stdout.readuntil(b"One "), 20)
        child.send_signal(signal.SIGINT)
        await asyncio.wait_for(child.stdout.readuntil(b"(stopped here)\n"), 5)
        await asyncio.wait_for(model.hung_up.get(), 5)
        child.stdin.write(b"Again?\n")
        child.stdin.write_eof()
        rest, _ = await asyncio.wait_for(child.communicate(), 10)
    assert rest.startswith(b"> Again?\nTwo.\n")
    assert child.returncode == 0
    stored = raw.lrange("chat_history:Ann", 0, -1)
    assert len(stored) == 4
    assert raw.ttl("session:Ann") <= django_settings.NONO_SESSION_TTL
