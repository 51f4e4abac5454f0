"""What the sockets of Nono have in common: strict frames in, a bounded queue of frames out, refusals as frames."""

import asyncio
import time
from collections import deque
from typing import Any, Final

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from nono import strict_json
from nono.errors import InvalidRequest, NonoError, RateLimited, StoreUnavailable
from nono.store import DEADLINE
from nono.strict_json import MAX_FRAME_BYTES, text_of

MAX_QUEUED: Final = 1000
"""Frames that may wait for a socket; over that it is too slow and is closed."""

MAX_BAD_FRAMES: Final = 20
"""A minute; over that the socket is closed."""

MAX_REFUSED: Final = 60
"""Frames over the rate limit, a minute; over that the socket is closed as a flood."""

BAD_FRAMES: Final = 4400
NO_SUCH_SESSION: Final = 4404
TOO_SLOW: Final = 4408
FLOOD: Final = 4429
STORE_UNAVAILABLE: Final = 4500


class Socket(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels carries no types
    """A consumer that answers each frame by ``hear`` and sends what is put into its queue, in order."""

    async def connect(self) -> None:
        """Accepts first, so that a browser can read why it is refused, and then opens."""
        self._queue: asyncio.Queue[str] = asyncio.Queue(MAX_QUEUED)
        self._sender: asyncio.Task[None] | None = None
        self._bad: deque[float] = deque()
        self._refused: deque[float] = deque()
        await self.accept()
        try:
            await self._open_in_time()
        except NonoError as error:
            await self.refuse(error)
            await self.close(STORE_UNAVAILABLE if error.status == 503 else NO_SUCH_SESSION)
            return
        self._sender = asyncio.create_task(self._send_queue())

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        """Ends the sending; what ran on because of this socket runs on."""
        if self._sender is not None:
            self._sender.cancel()
        await self.shut()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:  # noqa: ARG002
        """Answers one frame; a bad one gets a sentence, and too many of them the door."""
        content: Any = None
        try:
            if text_data is None:
                raise InvalidRequest("The frame is binary; Nono speaks JSON in text frames.")
            content = strict_json.parse(text_data, max_bytes=MAX_FRAME_BYTES)
            await self.hear(content)
        except NonoError as error:
            await self.refuse(error, content)
            if isinstance(error, RateLimited):
                await self._count(self._refused, MAX_REFUSED, FLOOD)
            elif error.status in {413, 422}:
                await self._count(self._bad, MAX_BAD_FRAMES, BAD_FRAMES)

    def put(self, text: str) -> None:
        """Queues a frame; a socket that does not keep up is closed instead of growing without bound."""
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            self.shut_door(TOO_SLOW)

    def shut_door(self, code: int) -> None:
        """Closes the socket from where nothing can be awaited."""
        self._closing = asyncio.ensure_future(self.close(code))

    async def open(self) -> None:
        """Opens what the socket is for; raises what forbids it."""
        raise NotImplementedError

    async def shut(self) -> None:
        """Closes what ``open`` opened, however far it came."""
        raise NotImplementedError

    async def hear(self, content: Any) -> None:
        """Answers the content of one frame; raises what is wrong with it."""
        raise NotImplementedError

    async def refuse(self, error: NonoError, content: Any = None) -> None:
        """Sends the refusal of a frame."""
        refusal: dict[str, Any] = {"type": "error", "code": error.code, "message": error.detail}
        if error.retry_after is not None:
            refusal["retry_after"] = error.retry_after
        if isinstance(content, dict) and isinstance(content.get("client_id"), str):
            refusal["client_id"] = content["client_id"]
        await self.send(text_of(refusal))

    async def _open_in_time(self) -> None:
        """Opens within the time of one operation, however many it takes: the store may answer none of them."""
        try:
            async with asyncio.timeout(DEADLINE):
                await self.open()
        except TimeoutError as error:
            raise StoreUnavailable("The store did not answer in time. Please try again in a moment.") from error

    async def _send_queue(self) -> None:
        while True:
            await self.send(await self._queue.get())

    async def _count(self, times: deque[float], allowed: int, code: int) -> None:
        now = time.monotonic()
        times.append(now)
        while times[0] < now - 60:
            times.popleft()
        if len(times) > allowed:
            await self.close(code)
