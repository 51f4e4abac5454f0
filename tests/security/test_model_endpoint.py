"""A hostile model endpoint: it is capped, hung up on, and never quoted; the key goes to it and to nobody else."""

import asyncio
import gzip
import json
import logging
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis
from aiohttp import web
from pytest_django.fixtures import Settings

from chat_app import responders
from chat_app.responders import ModelResponder, client, completion, errors, openai, sse
from chat_app.responders.targets import Target, target_of
from nono import store
from sessions_app.personas import Persona
from tests.security.conftest import Elsewhere
from tests.security.visitors import Browser
from tests.support.scripted_endpoint import (
    DONE,
    ENDING,
    KEY,
    SECRET,
    Conduct,
    EndlessLine,
    ModelEndpoint,
    cuts,
    drops,
    event,
    hangs,
    piece,
    refuses,
    says,
    sends,
    sends_a_page,
)

TAKEN = 8 * 1024 * 1024
"""Bytes that an endless answer may push into the connection, the buffers of both sides included."""


class Endless:
    """Repeats one part and counts how many bytes of it were taken."""

    def __init__(self, part: bytes, pause: float = 0) -> None:
        self.part, self.pause, self.sent = part, pause, 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while self.sent < 2**30:
            await response.write(self.part)
            self.sent += len(self.part)
            await asyncio.sleep(self.pause)
        return response


def unpacks_to(size: int) -> Conduct:
    """Sends a small answer that says it is packed, and unpacks to ``size`` bytes."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = pack.compress(b"data: " + b"x" * size) + pack.flush()

    async def conduct(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Content-Encoding": "gzip"})
        await response.prepare(request)
        await response.write(packed)
        return response

    return conduct


def says_headers(**headers: str) -> Conduct:
    async def conduct(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **named})
        await response.prepare(request)
        for part in (piece("Hi."), *ENDING):
            await response.write(part)
        return response

    return conduct


HOSTILE: dict[str, Conduct] = {
    **{f"redirect {status}": refuses(status, Location="/elsewhere") for status in (301, 302, 303, 307, 308)},
    "redirect to the cloud's address of secrets": refuses(302, Location="http://169.254.169.254/latest/meta-data"),
    "redirect to a file": refuses(302, Location="file:///etc/passwd"),
    **{f"refusal {status} with secrets": refuses(status) for status in (400, 401, 403, 404, 422, 500, 502)},
    "a page": sends_a_page,
    "a page that says it is a stream": sends(b"<!doctype html><p>" + SECRET.encode()),
    "JSON and no stream": sends(json.dumps({"error": SECRET}).encode(), content_type="application/json"),
    "an error within the stream": sends(event({"error": {"message": f"{SECRET} {KEY}"}})),
    "an error after some words": sends(piece("Well, "), event({"error": {"message": SECRET}})),
    "a reason of its own": sends(event({"choices": [{"finish_reason": "error", "delta": {"content": None}}]})),
    "no JSON in an event": sends(f"data: {SECRET}\n\n".encode()),
    "JSON 100,000 deep in an event": sends(b"data: " + b"[" * 100_000 + b"\n\n"),
    "a number of 5,000 digits in an event": sends(b'data: {"choices":' + b"9" * 5000 + b"}\n\n"),
    "wrong types in an event": sends(event({"choices": {"0": SECRET}}), event({"choices": ["x"]}), DONE),
    "a text that is an object": sends(event({"choices": [{"delta": {"content": {"a": SECRET}}}]}), DONE),
    "nothing at all": sends(),
    "an end without a word": sends(DONE),
    "silence": hangs,
    "silence after some words": sends(piece("Well, "), None),
    "a dropped connection": drops,
    "a connection cut after some words": cuts(piece("Well, ")),
    "an endless line": EndlessLine(),
    "endless comments": Endless(b": still here\n" * 1000),
    "endless empty events": Endless(event({"choices": []}) * 100),
    "endless words": Endless(piece("word ") * 1000),
    "one word of a megabyte, for ever": Endless(piece("x" * 2**20)),
    "a drip": Endless(piece("."), pause=0.05),
    "an answer that unpacks to 64 MiB": unpacks_to(2**26),
    "a packed refusal": sends(gzip.compress(SECRET.encode())),
}
"""Conducts that are no answer; each has to end as a failed or broken reply."""


def configured(persona: Persona) -> ModelResponder:
    """The responder that is configured, which the other tests of this folder do without."""
    target = target_of(persona)
    assert target
    return ModelResponder(target)


HELD = {"an endless line", "endless words", "one word of a megabyte, for ever"}
"""Of these something is held until the reply ends, so bytes are counted; the others only the deadline ends."""


@pytest.fixture
async def model(
    ann: Browser, elsewhere: Elsewhere, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ModelEndpoint]:
    """An endpoint that this installation is configured for, with a second to answer in."""
    monkeypatch.setattr(openai, "PAUSES", (0.01, 0.02))
    monkeypatch.setattr(openai, "LOADING_PAUSES", (0.01,))
    monkeypatch.setattr(responders, "responder", configured)
    async with ModelEndpoint(says("unused")) as model:
        settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = model.base_url, "tiny", KEY
        settings.LLM_TIMEOUT = 0.6
        yield model


async def ending(ann: Browser, patience: float = 5.0) -> tuple[dict[str, Any], str]:
    """Asks; returns how the reply ended, and all that the visitor saw."""
    async with ann.chat("Ann") as tab:
        await tab.expect("welcome")
        await tab.send(text="Hello?")
        async with asyncio.timeout(patience):
            complete = await tab.expect("complete")
        return complete, json.dumps(tab.seen)


@pytest.mark.parametrize("conduct", HOSTILE)
async def test_it_ends_as_a_failed_reply_and_is_never_quoted(
    ann: Browser, model: ModelEndpoint, raw: redis.Redis, caplog: pytest.LogCaptureFixture, conduct: str
) -> None:
    caplog.set_level(logging.DEBUG)
    model.conducts = [HOSTILE[conduct]]
    complete, seen = await ending(ann)
    assert complete["state"] in {"error", "interrupted"}
    assert model.asked_elsewhere == 0
    kept = "".join(map(str, raw.lrange("chat_history:Ann", 0, -1)))
    for place in (seen, kept, caplog.text):
        assert KEY not in place
        assert SECRET not in place
    assert len(complete["response"]) <= completion.MAX_REPLY
    if conduct in HELD:
        assert HOSTILE[conduct].sent <= TAKEN  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "headers",
    [
        {"Set-Cookie": "planted=1; Path=/"},
        {"X_Large": "x" * 7000},
        {"Link": "<http://evil.example/>; rel=preload"},
        {"Refresh": "0; url=http://evil.example"},
        {"Strict_Transport_Security": "max-age=99999999"},
        {"Alt_Svc": 'h2="evil.example:443"'},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_its_headers_reach_nobody_and_do_not_come_back(
    ann: Browser, model: ModelEndpoint, headers: dict[str, str]
) -> None:
    model.conducts = [says_headers(**headers)]
    for _ in range(2):
        complete, seen = await ending(ann)
        assert complete["state"] == "done"
        assert "evil.example" not in seen
        assert "planted" not in seen
    assert model.asked_elsewhere == 0
    assert len(model.keys) == 2


async def test_the_key_goes_in_its_header_and_nowhere_else(
    ann: Browser, model: ModelEndpoint, raw: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    model.conducts = [says("Hi.")]
    await ending(ann)
    assert model.keys == [f"Bearer {KEY}"]
    assert KEY not in json.dumps(model.questions)
    assert KEY not in caplog.text


# The controls.


async def test_a_client_that_follows_redirects_would_go_elsewhere(
    ann: Browser, model: ModelEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def follow(self: Any, target: Target, body: Any) -> Any:
        return await self._opened().post(target.url("/chat/completions"), json=body, headers=target.headers())

    monkeypatch.setattr(client.ModelClient, "post", follow)
    model.conducts = [refuses(307, Location="/elsewhere")]
    await ending(ann)
    assert model.asked_elsewhere >= 1


@pytest.mark.parametrize(
    ("bound", "conduct"),
    [
        ((sse, "MAX_EVENT"), EndlessLine()),
        ((completion, "MAX_REPLY"), Endless(piece("word ") * 1000)),
    ],
    ids=["a line", "a reply"],
)
async def test_without_its_bound_an_endless_answer_is_taken_on_and_on(
    ann: Browser, model: ModelEndpoint, monkeypatch: pytest.MonkeyPatch, bound: Any, conduct: Any
) -> None:
    monkeypatch.setattr(bound[0], bound[1], 2**40)
    model.conducts = [conduct]
    await ending(ann, 20)
    bounded, conduct.sent = conduct.sent, 0
    monkeypatch.undo()
    assert bounded > 1024 * 1024


async def test_without_the_deadline_a_drip_goes_on(
    ann: Browser, model: ModelEndpoint, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai._Asking, "_patience", lambda _self, _answer: 3600.0)
    model.conducts = [Endless(piece("."), pause=0.05)]
    async with ann.chat("Ann") as tab:
        await tab.send(text="Hello?")
        await tab.expect("start")
        await asyncio.sleep(3 * settings.LLM_TIMEOUT)
        assert "complete" not in [frame["type"] for frame in tab.seen]
        await tab.send(type="stop")
        assert (await tab.expect("complete"))["state"] == "stopped"


async def test_a_sentence_that_quotes_the_endpoint_would_be_seen(
    ann: Browser, model: ModelEndpoint, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai, "error_of", lambda status, _refusal, **_: errors.EndpointError(f"{status}: {SECRET}"))
    model.conducts = [refuses(400)]
    await ending(ann)
    assert SECRET in caplog.text
    await store.aclose()
