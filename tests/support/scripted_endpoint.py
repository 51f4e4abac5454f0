"""A model's endpoint of our own, on loopback in the test's process, that answers well and badly."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

KEY = "sk-canary-of-the-key"
SECRET = "canary-of-the-endpoints-own-words"
"""Stands in everything that an endpoint says of its failures, and must be seen nowhere."""

Conduct = Callable[[web.Request], Awaitable[web.StreamResponse]]
Question = dict[str, Any]
"""The body of one request for a completion."""


class ModelEndpoint:
    """Answers each request by the next conduct of ``conducts``; the last one stays."""

    def __init__(self, *conducts: Conduct) -> None:
        self.conducts = list(conducts)
        self.questions: list[Question] = []
        self.models = ["tiny"]
        self.keys: list[str | None] = []
        self.asked = asyncio.Event()
        self.asked_elsewhere = 0
        self.hung_up: asyncio.Queue[float] = asyncio.Queue()
        self.base_url = ""

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", self._complete)
        application.router.add_get("/v1/models", self._models)
        application.router.add_route("*", "/{elsewhere:.*}", self._elsewhere)
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.questions.append(await request.json())
        self.asked.set()
        self.keys.append(request.headers.get("Authorization"))
        conduct = self.conducts.pop(0) if len(self.conducts) > 1 else self.conducts[0]
        try:
            return await conduct(request)
        except (asyncio.CancelledError, ConnectionError):
            self.hung_up.put_nowait(time.monotonic())
            raise

    async def _models(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"object": "list", "data": [{"id": one} for one in self.models]})

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        self.asked_elsewhere += 1
        return web.Response(text=SECRET)


def piece(content: str | None, *, finish: str | None = None) -> bytes:
    """One event with a piece of text."""
    delta = {} if content is None else {"content": content}
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def delta(finish: str | None = None, **fields: Any) -> bytes:
    """Returns one event whose delta has these fields."""
    return event({"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]})


def event(data: Any) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


USAGE = event({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}})
DONE = b"data: [DONE]\n\n"
ENDING = (piece(None, finish="stop"), USAGE, DONE)


def says(*tokens: str, pause: float = 0) -> Conduct:
    """Says the tokens one by one and ends as it should."""
    return sends(
        event({"choices": [{"index": 0, "delta": {"role": "assistant"}}]}), *map(piece, tokens), *ENDING, pause=pause
    )


def sends(*parts: bytes | None, pause: float = 0, content_type: str = "text/event-stream") -> Conduct:
    """Sends bytes as they are; None in place of the rest hangs, and an end without ``None`` is an orderly one."""

    async def conduct(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        for part in parts:
            if part is None:
                await asyncio.sleep(60)
            else:
                await response.write(part)
                await asyncio.sleep(pause)
        return response

    return conduct


def sends_bare(*parts: bytes) -> Conduct:
    """Sends the parts behind a status line without any header, and closes the connection."""

    async def conduct(request: web.Request) -> web.StreamResponse:
        assert request.transport
        request.transport.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"".join(parts))
        request.transport.close()
        return web.Response()

    return conduct


def answers_whole(
    content: Any,
    finish: str | None = "stop",
    *,
    indent: int | None = None,
    content_type: str = "application/json",
    **fields: Any,
) -> Conduct:
    """Sends one JSON document in place of a stream; ``fields`` are further ones of its message."""
    message = {"role": "assistant", "content": content, **fields}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    told = {"id": "x", "object": "chat.completion", "created": 1, "choices": [choice], "usage": usage}
    return sends(json.dumps(told, indent=indent).encode(), content_type=content_type)


def waits(seconds: float, conduct: Conduct) -> Conduct:
    """Says nothing at all for a while, and then what ``conduct`` says."""

    async def late(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await conduct(request)

    return late


def cuts(*parts: bytes) -> Conduct:
    """Sends some and drops the connection in the middle of the response."""

    async def conduct(request: web.Request) -> web.StreamResponse:
        response = await sends(*parts)(request)
        await asyncio.sleep(0.05)
        assert request.transport
        request.transport.abort()
        return response

    return conduct


def refuses(status: int, **headers: str) -> Conduct:
    """Answers with a status, quoting the key and its own secrets as real endpoints do."""

    async def conduct(request: web.Request) -> web.StreamResponse:
        told = {"error": {"message": f"{SECRET}: {request.headers.get('Authorization')}"}}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(told, status=status, reason=SECRET, headers=named)

    return conduct


def refuses_with(status: int, told: Any, **headers: str) -> Conduct:
    """Answers with a status and ``told`` as JSON; bytes are sent as they are."""

    async def conduct(request: web.Request) -> web.StreamResponse:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        named = {"Content-Type": "application/json"} | {name.replace("_", "-"): one for name, one in headers.items()}
        return web.Response(body=body, status=status, headers=named)

    return conduct


def refuses_unless(fits: Callable[[Question], bool], refusal: Conduct, otherwise: Conduct | None = None) -> Conduct:
    """Refuses each question that does not fit; says "Hi.", or does ``otherwise``, where one does."""
    answer = otherwise or says("Hi.")

    async def conduct(request: web.Request) -> web.StreamResponse:
        return await (answer if fits(await request.json()) else refusal)(request)

    return conduct


def tokens_of(question: Question) -> int:
    """Counts a question as endpoints do, roughly: four characters to a token, four tokens around each message."""
    return sum(4 + len(str(message["content"])) // 4 for message in question["messages"])


def refuses_over(limit: int, refusal: Callable[[int], Conduct], otherwise: Conduct | None = None) -> Conduct:
    """Refuses each question of more than ``limit`` tokens; ``refusal`` is told how many those were."""
    answer = otherwise or says("Hi.")

    async def conduct(request: web.Request) -> web.StreamResponse:
        tokens = tokens_of(await request.json())
        return await (refusal(tokens) if tokens > limit else answer)(request)

    return conduct


async def hangs(request: web.Request) -> web.StreamResponse:
    """Takes the question and says nothing, not even that it heard."""
    await asyncio.sleep(60)
    return web.Response()


async def drops(request: web.Request) -> web.StreamResponse:
    """Drops the connection without an answer."""
    assert request.transport
    request.transport.abort()
    return web.Response()


async def sends_a_page(request: web.Request) -> web.StreamResponse:
    return web.Response(text=f"<!doctype html><p>{SECRET}", content_type="text/html")


class EndlessLine:
    """Sends up to a gigabyte without an end of line, and counts how much was taken."""

    def __init__(self) -> None:
        self.sent = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: ")
        while self.sent < 2**30:
            await response.write(b"x" * 2**16)
            self.sent += 2**16
        return response
