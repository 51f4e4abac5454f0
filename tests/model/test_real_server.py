"""Nono against llama.cpp's server and beside OpenAI's client: neither was written by us."""

import asyncio
import json
import sys
from dataclasses import replace
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from chat_app.budget import budget
from chat_app.context import ContextWindow
from chat_app.messages import new_message
from chat_app.responders import ModelResponder, model_answers
from chat_app.responders.request import request_of
from chat_app.responders.targets import Target, target_of
from nono.errors import ReplyFailed
from sessions_app import personas
from tests.model.servers import HERE, PYTHON
from tests.support.scripted_endpoint import DONE, KEY, USAGE, ModelEndpoint, piece, says, sends
from tests.support.sockets import chat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def window(*said: str, temperature: float = 0.0, max_tokens: int = 30) -> ContextWindow:
    """A window of an alternating conversation, with a persona that always says the same."""
    roles = ("user", "assistant")
    messages = [replace(new_message(roles[i % 2], text), seq=i + 1) for i, text in enumerate(said)]  # type: ignore[arg-type]
    persona = replace(personas.get("default"), temperature=temperature, max_tokens=max_tokens)
    return ContextWindow(persona, "You are a test.", tuple(messages), 1)


def target() -> Target:
    found = target_of(personas.get("default"))
    assert found
    return found


async def text_of(asked: ContextWindow) -> str:
    return "".join([part async for part in ModelResponder(target()).stream(asked) if isinstance(part, str)])


async def by_sdk(base_url: str, asked: ContextWindow) -> str:
    """What OpenAI's client makes of the answer to the same question."""
    child = await asyncio.create_subprocess_exec(
        *(PYTHON, HERE / "ask_by_sdk.py", base_url, KEY),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=sys.stderr,
    )
    told, _ = await child.communicate(json.dumps(request_of(asked)).encode())
    assert child.returncode == 0
    return told.decode()


async def test_a_reply_streams_from_llama_cpp_through_a_chat(configured: Settings) -> None:
    async with chat("Ann") as tab:
        await tab.send(text="Hello, Jürgen 😀")
        complete = await tab.expect("complete")
    assert complete["state"] == "done"
    assert complete["response"]
    assert tab.text_of(complete["reply_id"]) == complete["response"]
    assert len([frame for frame in tab.seen if frame["type"] == "chunk"]) > 1


async def test_openais_client_reads_the_same_reply_from_llama_cpp(configured: Settings, llama: str) -> None:
    asked = window("One?", "Two.", "Three?")
    text = await text_of(asked)
    assert text
    assert await by_sdk(llama, asked) == text


async def test_a_long_reply_is_stopped_and_llama_cpp_takes_the_next_question(configured: Settings) -> None:
    async with chat("Ann") as tab:
        await tab.send(text="Tell me a long story.")
        await tab.expect("chunk")
        await tab.send(type="stop")
        assert (await tab.expect("complete"))["state"] in {"stopped", "done"}
        await tab.send(type="regenerate")
        assert (await tab.expect("complete"))["state"] == "done"


async def test_the_wrong_key_is_an_error_without_the_key(configured: Settings) -> None:
    configured.LLM_API_KEY = "sk-another-key"
    with pytest.raises(ReplyFailed, match="401 Unauthorized") as refused:
        await text_of(window("One?"))
    assert "sk-another-key" not in str(refused.value)


async def test_health_is_told_by_llama_cpp(configured: Settings) -> None:
    assert await model_answers()


async def test_openais_client_sends_what_we_send(configured: Settings) -> None:
    sent: list[Any] = []
    async with ModelEndpoint(says("One ", "two.")) as endpoint:
        configured.LLM_BASE_URL = endpoint.base_url
        asked = window("One?", "Two.", "Three?", temperature=0.7)
        texts = [await text_of(asked), await by_sdk(endpoint.base_url, asked)]
        sent = list(zip(endpoint.questions, endpoint.keys, strict=True))
    assert texts == ["One two."] * 2
    assert sent[0] == sent[1]


@pytest.mark.parametrize(
    "parts",
    [
        [piece("a"), b": comment\n\n", USAGE, piece("b", finish="stop"), DONE],
        [
            b'data:{"choices":[{"index":0,"delta":{"content":"a"}}]}\r\n\r\n',
            piece("b"),
            piece(None, finish="length"),
            DONE,
        ],
        [b'data: {"choices":\ndata: [{"index":0,"delta":{"content":"ab"}}]}\n\n', DONE],
    ],
    ids=["comments and usage", "CR LF", "several lines"],
)
async def test_openais_client_reads_what_we_read(configured: Settings, parts: list[bytes]) -> None:
    before = budget.correction
    async with ModelEndpoint(sends(*parts)) as endpoint:
        configured.LLM_BASE_URL = endpoint.base_url
        assert await text_of(window("One?")) == await by_sdk(endpoint.base_url, window("One?")) == "ab"
    budget.correction = before
