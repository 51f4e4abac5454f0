"""Bob's chat beside Ann's: its reply runs before, while and after Ann's goes wrong, and must come whole."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from tests.responders.scenarios import Stage
from tests.support.scripted_endpoint import ENDING, Conduct, piece
from tests.support.sockets import chat

PATIENCE = 8.0
QUESTION = "What do you say to Bob?"
WORDS = [f"word{number} " for number in range(8)]
TEXT = "".join(WORDS)


class Apart:
    """Answers Bob word by word, the second half only when Ann's reply is over, and Ann by the conducts in turn."""

    def __init__(self, conducts: Sequence[Conduct]) -> None:
        self._conducts = list(conducts)
        self.over = asyncio.Event()
        self.asked_by_bob = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        question = await request.json()
        if question["messages"][-1]["content"] != QUESTION:
            conduct = self._conducts.pop(0) if len(self._conducts) > 1 else self._conducts[0]
            return await conduct(request)
        self.asked_by_bob += 1
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number, word in enumerate(WORDS):
            if number == len(WORDS) // 2:
                await asyncio.wait_for(self.over.wait(), PATIENCE * 2)
            await response.write(piece(word))
            await asyncio.sleep(0.005)  # timers are what a bad one disturbs
        await response.write(b"".join(ENDING))
        return response


@asynccontextmanager
async def bob_beside(stage: Stage, *conducts: Conduct) -> AsyncIterator[None]:
    """Runs Bob's reply around what is done with Ann's, and checks that it noticed nothing."""
    apart = Apart(conducts)
    stage.model.conducts = [apart]
    async with chat("Bob") as bob:
        await bob.send(text=QUESTION)
        await bob.expect("chunk")
        yield
        began = time.monotonic()
        apart.over.set()
        complete = await bob.expect("complete")
        assert time.monotonic() - began < PATIENCE
    assert (complete["state"], complete["response"]) == ("done", TEXT)
    assert bob.text_of(complete["reply_id"]) == TEXT
    assert not [frame for frame in bob.seen if frame["type"] in {"error", "status"}]
    assert apart.asked_by_bob == 1
