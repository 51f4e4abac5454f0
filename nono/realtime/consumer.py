"""Base class of all websocket consumers: strict JSON input, a bounded output queue, errors sent as frames."""

import asyncio
import logging
import time
from collections import deque
from typing import Any, ClassVar, Final
from weakref import WeakSet

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from nono import logs
from nono.errors import InvalidRequest, NonoError, NotAllowed, RateLimited, StoreUnavailable, TooManySockets
from nono.metrics import counters
from nono.realtime.connection_limits import ConnectionSlots
from nono.store import DEADLINE
from nono.web import strict_json
from nono.web.client_ip import address_of_socket
from nono.web.strict_json import MAX_FRAME_BYTES, text_of

logger = logging.getLogger(__name__)

MAX_QUEUED: Final = 1000
"""Maximum number of queued frames per socket; over that the socket is closed with 4408."""

MAX_BAD_FRAMES: Final = 20
"""Invalid frames allowed per minute; over that the socket is closed with 4400."""

MAX_REFUSED: Final = 60
"""Rate-limited frames allowed per minute; over that the socket is closed with 4429."""

BAD_FRAMES: Final = 4400
NOT_ALLOWED: Final = 4403
NO_SUCH_SESSION: Final = 4404
TOO_SLOW: Final = 4408
TOO_MANY: Final = 4409
FLOOD: Final = 4429
STORE_UNAVAILABLE: Final = 4500


async def not_found(_scope: Any, _receive: Any, send: Any) -> Any:
    """Refuses the handshake for a path without a websocket."""
    await send({"type": "websocket.close", "code": NO_SUCH_SESSION})


class JsonConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels carries no types
    """Consumer that passes each frame to ``on_frame`` and sends the frames of its queue in order."""

    kind: ClassVar[str]
    """Value of the ``kind`` label of the gauge ``sockets_open``."""
    are_open: ClassVar["WeakSet[JsonConsumer]"]

    def __init_subclass__(cls) -> None:
        """Registers the gauge of open sockets; weak references drop a socket that ends without ``disconnect``."""
        if "kind" not in vars(cls):  # an abstract base class
            return
        cls.are_open = WeakSet()
        counters.register_gauge("sockets_open", lambda: len(cls.are_open), kind=cls.kind)

    async def connect(self) -> None:
        """Accepts first, so that a browser can read the reason of a refusal, then calls ``on_connect``."""
        self._queue: asyncio.Queue[str] = asyncio.Queue(MAX_QUEUED)
        self._sender: asyncio.Task[None] | None = None
        self._bad: deque[float] = deque()
        self._refused: deque[float] = deque()
        self.places = ConnectionSlots()
        self._began = time.monotonic()
        self._code = 0
        logs.belongs_to(socket_id=logs.new_id(), **self._named())
        await self.accept()
        logger.info("socket opened", extra={"kind": self.kind})
        try:
            await self._connect_in_time()
        except NonoError as error:
            await self.refuse(error)
            await self.close(_close_code(error))
            return
        self._sender = asyncio.create_task(self._send_queue())
        self.are_open.add(self)

    async def disconnect(self, code: int) -> None:
        """Cancels the sender and releases the slots; tasks that this socket started continue."""
        self.are_open.discard(self)
        if self._sender is not None:
            self._sender.cancel()
        await self.on_disconnect()
        await self.places.release()
        seconds = round(time.monotonic() - self._began, 1)
        logger.info("socket closed", extra={"kind": self.kind, "code": self._code or code, "seconds": seconds})

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Closes the socket and stores the close code."""
        self._code = code or 1000
        await super().close(code, reason)

    async def send(self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False) -> None:  # noqa: FBT001, FBT002  Channels' signature
        """Sends, unless the socket has been closed."""
        if not self._code:
            await super().send(text_data, bytes_data, close)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:  # noqa: ARG002
        """Parses and dispatches one client frame.

        An invalid frame gets an ``error`` frame; more than 20 a minute close the socket with 4400.
        """
        if self._code:  # the server closed the socket and the client still sends
            return
        content: Any = None
        try:
            if text_data is None:
                raise InvalidRequest("The frame is binary; Nono speaks JSON in text frames.")
            content = strict_json.parse(text_data, max_bytes=MAX_FRAME_BYTES)
            await self.on_frame(content)
        except NonoError as error:
            await self.refuse(error, content)
            if isinstance(error, RateLimited):
                await self._count(self._refused, MAX_REFUSED, FLOOD)
            elif error.status in {413, 422}:
                await self._count(self._bad, MAX_BAD_FRAMES, BAD_FRAMES)

    def enqueue(self, text: str) -> None:
        """Queues a frame; closes the socket with 4408 if the queue is full."""
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            self.close_soon(TOO_SLOW)

    def close_soon(self, code: int) -> None:
        """Closes the socket from synchronous code."""
        self._closing = asyncio.ensure_future(self.close(code))

    async def on_connect(self) -> None:
        """Subscribes the socket to its subject; raises a ``NonoError`` to refuse it."""
        raise NotImplementedError

    async def on_disconnect(self) -> None:
        """Undoes ``on_connect``, including one that failed half-way."""
        raise NotImplementedError

    async def on_frame(self, content: Any) -> None:
        """Handles the parsed content of one frame; raises a ``NonoError`` if it is invalid."""
        raise NotImplementedError

    async def refuse(self, error: NonoError, content: Any = None) -> None:
        """Sends an ``error`` frame, with the ``client_id`` of the refused frame if it has one."""
        refusal: dict[str, Any] = {"type": "error", "code": error.code, "message": error.detail}
        if error.retry_after is not None:
            refusal["retry_after"] = error.retry_after
        if isinstance(content, dict) and isinstance(content.get("client_id"), str):
            refusal["client_id"] = content["client_id"]
        await self.send(text_of(refusal))

    def _named(self) -> dict[str, str]:
        user_id = self.scope.get("url_route", {}).get("kwargs", {}).get("user_id")
        return {"session": logs.mark_of(user_id)} if user_id else {}

    async def _connect_in_time(self) -> None:
        """Runs ``on_connect`` within the deadline of one store operation, because every operation may time out."""
        try:
            async with asyncio.timeout(DEADLINE):
                await self.places.acquire_for_address(address_of_socket(self.scope))
                await self.on_connect()
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


def _close_code(error: NonoError) -> int:
    match error:
        case TooManySockets():
            return TOO_MANY
        case StoreUnavailable():
            return STORE_UNAVAILABLE
        case NotAllowed():
            return NOT_ALLOWED
        case _:
            return NO_SUCH_SESSION
