"""A model that waits for the test, and an endpoint for tests that have no event loop of their own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from tests.support.scripted_endpoint import ENDING, Conduct, ModelEndpoint, piece

PATIENCE = 10.0


class Prompted:
    """A model that says the next word only when the test has seen the one before."""

    def __init__(self) -> None:
        self._may_go_on = threading.Semaphore(0)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for word in ("One. ", "Two. ", "Three."):
            await response.write(piece(word))
            await asyncio.to_thread(self._may_go_on.acquire, timeout=PATIENCE)
        await response.write(b"".join(ENDING))
        return response

    def go_on(self) -> None:
        self._may_go_on.release()


@contextmanager
def running(conduct: Conduct) -> Iterator[ModelEndpoint]:
    """Gives an endpoint that answers from a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    endpoint = ModelEndpoint(conduct)
    asyncio.run_coroutine_threadsafe(endpoint.__aenter__(), loop).result(PATIENCE)
    yield endpoint
    asyncio.run_coroutine_threadsafe(endpoint.__aexit__(None, None, None), loop).result(PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
