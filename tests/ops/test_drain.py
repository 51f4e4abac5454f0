"""What a restart does to open chats: they are told, and what was being said is kept."""

import asyncio
import json
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.support.server import Server

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, NONO_ACCESS="shared")
    server.start()
    yield server
    server.stop()


def call(server: Server, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.address + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


async def test_sigterm_tells_every_tab_to_come_back_and_lets_the_reply_end(server: Server) -> None:
    await asyncio.to_thread(call, server, "/api/session/create", {"user_id": "Ann"})
    address = server.address.replace("http", "ws") + "/ws/chat/Ann"
    async with websockets.connect(address) as talking, websockets.connect(address) as idle:
        await idle.recv()
        await talking.send(json.dumps({"text": "What can you do?"}))
        while json.loads(await asyncio.wait_for(talking.recv(), 10))["type"] != "chunk":
            pass
        await asyncio.to_thread(server.stop)
        await asyncio.gather(talking.wait_closed(), idle.wait_closed())
        assert (talking.close_code, idle.close_code) == (4012, 4012)
    await asyncio.to_thread(server.start)
    history = await asyncio.to_thread(call, server, "/api/session/Ann/history")
    assert [one["role"] for one in history["messages"]] == ["user", "assistant"]
    assert history["messages"][1]["metadata"]["state"] == "done"


def test_an_idle_server_stops_at_once_and_cleanly(server: Server) -> None:
    assert server.stop(signal.SIGTERM) == 0
