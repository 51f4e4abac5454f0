"""Daphne's websocket with limits on the memory and work that one client can cause.

Daphne buffers output for clients that do not read and input that the application has not processed, both without a
limit. Here a client that does not read is closed with 4408, and one that sends too many frames (messages, fragments or
pings) with 4429.
"""

import time
from typing import Any, Final

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

MAX_UNREAD: Final = 64 * 1024
"""Maximum unread bytes of a client beyond the buffers of its connection (some megabytes in the kernel)."""

MAX_UNHEARD: Final = 200
"""Maximum frames of a client that wait for the application."""

MAX_FRAMES: Final = 1000
"""Burst of frames of any kind that a client may send."""

FRAMES_A_SECOND: Final = 200
"""Refill rate of that burst, in frames per second."""

MAX_EARLY: Final = 64 * 1024
"""Maximum bytes before the handshake is accepted: the handshake and early data."""

TOO_BIG: Final = 1009
TOO_SLOW: Final = 4408
FLOOD: Final = 4429


@implementer(IPushProducer)
class Backlog:
    """Counter of bytes written while the transport is paused, that is while its own buffer is full."""

    def __init__(self) -> None:
        self.is_paused = False
        self.waiting = 0

    def pauseProducing(self) -> None:  # noqa: N802  Twisted's interface
        """Starts counting; Twisted calls this again with every write."""
        if not self.is_paused:
            self.is_paused, self.waiting = True, 0

    def resumeProducing(self) -> None:  # noqa: N802
        """Stops counting; Twisted calls this when its buffer is empty."""
        self.is_paused = False

    def stopProducing(self) -> None:  # noqa: N802
        """Does nothing; Twisted calls this when the connection is lost."""

    def takes(self, size: int) -> bool:
        """Adds ``size`` bytes and returns whether the total is within the limit."""
        if self.is_paused:
            self.waiting += size
        return self.waiting <= MAX_UNREAD


class Allowance:
    """Token bucket of the frames that a client may send."""

    def __init__(self) -> None:
        self._left = float(MAX_FRAMES)
        self._at = time.monotonic()

    def takes_one(self) -> bool:
        """Takes one token and returns whether there was one."""
        now = time.monotonic()
        self._left = min(MAX_FRAMES, self._left + (now - self._at) * FRAMES_A_SECOND) - 1
        self._at = now
        return self._left >= 0


class BoundedWebSocket(WebSocketProtocol):  # type: ignore[misc]  # Daphne carries no types
    """One websocket connection with limits."""

    maxMessagePayloadSize: int  # noqa: N815  Autobahn applies it to input and output

    def connectionMade(self) -> None:  # noqa: N802
        """Registers the backlog as producer instead of the upgraded HTTP request."""
        super().connectionMade()
        self.backlog = Backlog()
        self.allowance = Allowance()
        self.is_heard = True
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.backlog, True)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Processes input, unless the connection is being closed."""
        if not self.is_heard:
            return
        if self.state == self.STATE_CONNECTING and len(self.data) + len(data) > MAX_EARLY:
            self.dropConnection(abort=True)
            return
        super().dataReceived(data)

    def onFrameBegin(self) -> None:  # noqa: N802
        """Counts a frame; closes with 4429 over the limit."""
        super().onFrameBegin()
        if not self.allowance.takes_one():
            self._shut(FLOOD)

    def onPing(self, payload: bytes) -> None:  # noqa: N802
        """Sends a pong; closes with 4408 if the client does not read them."""
        if self.state == self.STATE_OPEN and not self.backlog.takes(len(payload)):
            self._shut(TOO_SLOW)
        super().onPing(payload)

    def sendMessage(self, payload: bytes, *arguments: Any, **keywords: Any) -> None:  # noqa: N802
        """Sends a message of any size; closes with 4408 if the client does not read."""
        if self.state != self.STATE_OPEN:  # closing; the application gets its own disconnect event
            return
        if not self.backlog.takes(len(payload)):
            self.serverClose(TOO_SLOW)
            return
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(payload, *arguments, **keywords)
        finally:
            self.maxMessagePayloadSize = limit

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: FBT001, N802, N803
        """Passes a message on; closes with 4429 if too many wait for the application."""
        super().onMessage(payload, isBinary)
        if not self.muted and self.application_queue.qsize() > MAX_UNHEARD:
            self._shut(FLOOD)

    def _max_message_size_exceeded(self, size: int, bound: int, reason: str) -> None:  # noqa: ARG002  Autobahn's
        """Closes with 1009 and a reason; Autobahn would drop the connection without a close frame."""
        self.sendCloseFrame(code=TOO_BIG, reasonUtf8=f"at most {bound} bytes".encode(), isReply=False)
        self._hear_no_more()

    def _shut(self, code: int) -> None:
        """Closes, and discards all input, including what is buffered."""
        self.serverClose(code)
        self._hear_no_more()

    def _hear_no_more(self) -> None:
        self.is_heard = False
        self.data = b""
