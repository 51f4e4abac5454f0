"""One chat, two processes of Nono on one store: the same text everywhere, one reply, and a death that is survived."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import pytest
import websockets

from tests.support.scripted_endpoint import ENDING, ModelEndpoint, piece, says, sends
from tests.support.server import Server

pytestmark = pytest.mark.slow

PATIENCE = 20.0


class Line:
    """A socket of one process to the chat of Ann."""

    def __init__(self, server: Server, query: str = "") -> None:
        self._address = server.address.replace("http", "ws") + "/ws/chat/Ann" + query
        self.seen: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self._socket = await websockets.connect(self._address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        await self._socket.close()

    async def send(self, **frame: Any) -> None:
        await self._socket.send(json.dumps(frame))

    async def expect(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while True:
                frame: dict[str, Any] = json.loads(await self._socket.recv())
                self.seen.append(frame)
                if frame["type"] == kind:
                    return frame

    def cut(self) -> None:
        """Drops the connection as a train in a tunnel does."""
        self._socket.transport.abort()


@pytest.fixture
async def model() -> AsyncIterator[ModelEndpoint]:
    async with ModelEndpoint(says("unused")) as model:
        yield model


@pytest.fixture
async def servers(tmp_path: Path, model: ModelEndpoint) -> AsyncIterator[tuple[Server, Server]]:
    pair = tuple(
        Server(tmp_path, NONO_ACCESS="shared", LLM_BASE_URL=model.base_url, LLM_MODEL="tiny") for _ in range(2)
    )
    for server in pair:
        await asyncio.to_thread(server.start)
    async with aiohttp.ClientSession(pair[0].address) as client:
        await client.post("/api/session/create", json={"user_id": "Ann"})
    yield pair  # type: ignore[misc]
    for server in pair:
        await asyncio.to_thread(server.stop)


async def history(server: Server) -> list[dict[str, Any]]:
    async with aiohttp.ClientSession(server.address) as client, client.get("/api/session/Ann/history") as answer:
        messages: list[dict[str, Any]] = (await answer.json())["messages"]
        return messages


WORDS = [f"word{number} " for number in range(30)]


async def test_a_cut_socket_a_second_device_and_a_second_process_get_the_same_text_and_one_reply(
    model: ModelEndpoint, servers: tuple[Server, Server]
) -> None:
    here, there = servers
    model.conducts = [says(*WORDS, pause=0.03)]
    async with Line(here) as first, Line(there) as other:
        epoch = (await first.expect("welcome"))["epoch"]
        await first.send(text="Hello?")
        await first.expect("chunk")
        first.cut()
        async with Line(here, f"?epoch={epoch}&after=1") as back, Line(there) as late:
            welcomes = [await back.expect("welcome"), await late.expect("welcome")]
            ends = [await line.expect("complete") for line in (back, late, other)]
    assert [end["response"] for end in ends] == ["".join(WORDS)] * 3
    for welcome, line in zip(welcomes, (back, late), strict=True):
        text = welcome["reply"] or ""
        for chunk in (frame for frame in line.seen if frame["type"] == "chunk"):
            assert chunk["offset"] <= len(text)
            text = text[: chunk["offset"]] + chunk["content"]
        assert text == "".join(WORDS)
    assert [one["content"] for one in await history(there)] == ["Hello?", "".join(WORDS)]
    assert len(model.questions) == 1


async def test_a_reply_is_stopped_and_replaced_from_the_other_process(
    model: ModelEndpoint, servers: tuple[Server, Server]
) -> None:
    here, there = servers
    model.conducts = [sends(piece("One "), None), says("Another.")]
    async with Line(here) as asking, Line(there) as other:
        await other.expect("welcome")
        await asking.send(text="Hello?")
        await other.expect("chunk")
        await other.send(type="stop")
        stopped = await other.expect("complete")
        assert (stopped["state"], stopped["response"]) == ("stopped", "One ")
        await asyncio.wait_for(model.hung_up.get(), 1)
        assert (await asking.expect("complete"))["reply_id"] == stopped["reply_id"]
        await other.send(type="regenerate")
        assert (await asking.expect("replaced"))["reply_id"] == stopped["reply_id"]
        assert (await asking.expect("complete"))["response"] == "Another."
        assert (await other.expect("complete"))["message"]["seq"] == 2
    assert [one["content"] for one in await history(here)] == ["Hello?", "Another."]


async def test_a_reply_whose_process_is_killed_ends_in_the_other_within_15_s_and_once(
    model: ModelEndpoint, servers: tuple[Server, Server]
) -> None:
    here, there = servers
    model.conducts = [sends(piece("Half a "), None), sends(piece("A whole reply."), *ENDING)]
    async with Line(here) as asking, Line(there) as other:
        await other.expect("welcome")
        await asking.send(text="Hello?")
        await other.expect("chunk")
        died = time.monotonic()
        await asyncio.to_thread(here.kill)
        complete = await other.expect("complete")
        assert time.monotonic() - died < 15
    assert (complete["state"], complete["response"]) == ("done", "A whole reply.")
    assert [one["content"] for one in await history(there)] == ["Hello?", "A whole reply."]
    assert len(model.questions) == 2
