"""Defects: a responder that raises, and a key that no header can carry, fail one reply at once and no other."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from django.test import AsyncClient

from chat_app.responders import ModelResponder
from chat_app.responders.parts import ReplyPart
from sessions_app.manager import SessionManager
from tests.responders.beside import PATIENCE, QUESTION, bob_beside
from tests.responders.scenarios import BOTH, How, Stage, ways
from tests.support.scripted_endpoint import KEY, refuses_with, says


def _of_another() -> BaseException:
    error = ValueError("x")
    error.__cause__ = KeyError("y")
    return error


DEFECTS: dict[str, Callable[[], BaseException]] = {
    "ValueError": lambda: ValueError("x"),
    "KeyError": lambda: KeyError("x"),
    "RecursionError": RecursionError,
    "UnicodeError": lambda: UnicodeEncodeError("ascii", "é", 0, 1, "x"),
    "TimeoutError": asyncio.TimeoutError,
    "OSError": lambda: OSError(28, "x"),
    "MemoryError": MemoryError,
    "OverflowError": OverflowError,
    "AssertionError": AssertionError,
    "StopAsyncIteration": StopAsyncIteration,
    "an exception group": lambda: ExceptionGroup("x", [ValueError("x")]),
    "an exception of an exception": _of_another,
}

KEYS = {
    "a newline inside": "sk-qwx\nvzk",
    "a header behind it": "sk-qwx\r\nX-vzk: 1",
    "not ASCII": "sk-qwxävzk",
    "curly quotes": "“sk-qwxvzk”",
    "an emoji": "sk-qwx-😀",
    "half an emoji": "sk-qwx-\ud83d",
    "a control character": "sk-qwx\x07vzk",
    "NUL": "sk-qwx\x00vzk",
    "a space inside": "sk-qwx vzk",
    "a tab inside": "sk-qwx\tvzk",
    "very long": "sk-qwxvzk" * 20_000,
}
HALVES = ("qwx", "vzk")
"""What the beginning or the end of one of the keys would show."""


@pytest.fixture(autouse=True)
async def _bob(stage: Stage) -> None:
    await stage.do(SessionManager().create_session, "Bob")


@pytest.fixture
def raises(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], BaseException], str], None]:
    """Makes the responder raise in Ann's chat, before or behind its first words; Bob's is as it was."""
    stream = ModelResponder.stream

    def broken(defect: Callable[[], BaseException], text: str) -> None:
        async def stream_or_raise(self: ModelResponder, window: Any) -> AsyncIterator[ReplyPart]:
            if window.messages[-1].content == QUESTION:
                async for piece in stream(self, window):
                    yield piece
                return
            if text:
                yield text
            raise defect()

        monkeypatch.setattr(ModelResponder, "stream", stream_or_raise)

    return broken


@ways(*BOTH)
@pytest.mark.parametrize("text", ["", "One two. "], ids=["before the first word", "after some words"])
@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
async def test_any_exception_is_a_failed_reply_at_once(
    stage: Stage, raises: Any, defect: Callable[[], BaseException], text: str, how: How
) -> None:
    async with bob_beside(stage, says("never")):
        raises(defect, text)
        began = time.monotonic()
        await stage.ask(how)
        assert time.monotonic() - began < PATIENCE
    reply = await stage.last_reply()
    assert (reply["metadata"]["state"], reply["metadata"]["reason"]) == ("error", "internal")
    assert reply["content"] == text
    if how == "rest":
        assert (stage.status, stage.problem["code"]) == (502, "reply_failed")
    assert [one for one in stage.caplog.records if one.name.startswith("chat_app") and one.levelno >= logging.ERROR]


async def test_a_chat_lives_on_after_a_defect(stage: Stage, raises: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    raises(ValueError, "")
    await stage.ask("rest")
    assert stage.status == 502
    monkeypatch.undo()
    assert await stage.ask("rest") == "Fine."


async def test_a_cancellation_that_nobody_asked_for_is_a_defect(stage: Stage, raises: Any) -> None:
    async with bob_beside(stage, says("never")):
        raises(asyncio.CancelledError, "")
        await stage.ask("socket")
    assert (await stage.last_reply())["metadata"]["state"] == "error"


@ways(*BOTH)
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
async def test_a_key_that_cannot_be_right_fails_at_once(stage: Stage, key: str, how: How) -> None:
    stage.caplog.set_level(logging.DEBUG)
    refusal = refuses_with(401, {"error": {"message": "No.", "code": "invalid_api_key"}})
    async with bob_beside(stage, refusal):
        stage.settings.LLM_API_KEY = key
        began = time.monotonic()
        await stage.ask(how)
        assert time.monotonic() - began < PATIENCE
    reply = await stage.last_reply()
    assert (reply["metadata"]["state"], reply["content"]) == ("error", "")
    assert reply["metadata"]["reason"] in ({"key", "parameter", "broken"} if len(key) > 1000 else {"key"})
    if how == "rest":
        assert (stage.status, stage.problem["code"]) == (502, "reply_failed")
    logged = [one.getMessage() for one in stage.caplog.records if not one.name.startswith("aiohttp.server")]
    for told in (json.dumps(stage.frames), json.dumps(dict(stage.problem)), *logged):
        assert not [half for half in HALVES if half in told]


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
async def test_health_is_told_with_a_key_that_cannot_be_right(stage: Stage, key: str) -> None:
    stage.settings.LLM_API_KEY = key
    answer = await AsyncClient().get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] in {"healthy", "degraded"}


async def test_the_right_key_is_taken_again_at_once(stage: Stage) -> None:
    stage.settings.LLM_API_KEY = KEYS["NUL"]
    await stage.ask("rest")
    stage.settings.LLM_API_KEY = f" {KEY}\n"
    assert await stage.ask("rest") == "Fine."
    assert stage.model.keys == [f"Bearer {KEY}"]
