"""Daphne's websocket with bounds on what one client can make the process hold.

Daphne sends without asking whether anybody reads, and reads without asking whether anybody has time. Here a
client that does not take what it is sent is closed with 4408, and one that floods with 4429, whatever it sends:
messages, their fragments, or pings.
"""

import time
from typing import Any, Final

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

MAX_UNREAD: Final = 64 * 1024
"""Bytes that may wait for a client beyond what its connection's own buffers take (some megabytes of the kernel's)."""

MAX_UNHEARD: Final = 200
"""Frames of a client that may wait for the application."""

MAX_FRAMES: Final = 1000
"""Frames of any kind that a client may send at once."""

FRAMES_A_SECOND: Final = 200
"""How many of them it gets back."""

MAX_EARLY: Final = 64 * 1024
"""Bytes that a client may send before it is let in: its handshake, and what it could not wait to say."""

TOO_BIG: Final = 1009
TOO_SLOW: Final = 4408
FLOOD: Final = 4429


@implementer(IPushProducer)
class Backlog:
    """What waits to be read by the client, told by the transport: it pauses when its own buffer is full."""

    def __init__(self) -> None:
        self.is_paused = False
        self.waiting = 0

    def pauseProducing(self) -> None:  # noqa: N802  Twisted's interface
        """Hears that the client reads slower than it is sent to; Twisted says so again with every write."""
        if not self.is_paused:
            self.is_paused, self.waiting = True, 0

    def resumeProducing(self) -> None:  # noqa: N802
        """Hears that the client has read everything."""
        self.is_paused = False

    def stopProducing(self) -> None:  # noqa: N802
        """Hears that the connection is gone."""

    def takes(self, size: int) -> bool:
        """Counts ``size`` bytes more and tells whether they are within the bound."""
        if self.is_paused:
            self.waiting += size
        return self.waiting <= MAX_UNREAD


class Allowance:
    """How many frames a client may still send: a bucket that fills again with time."""

    def __init__(self) -> None:
        self._left = float(MAX_FRAMES)
        self._at = time.monotonic()

    def takes_one(self) -> bool:
        """Counts a frame and tells whether it is within the bound."""
        now = time.monotonic()
        self._left = min(MAX_FRAMES, self._left + (now - self._at) * FRAMES_A_SECOND) - 1
        self._at = now
        return self._left >= 0


class BoundedWebSocket(WebSocketProtocol):  # type: ignore[misc]  # Daphne carries no types
    """One websocket connection within its bounds."""

    maxMessagePayloadSize: int  # noqa: N815  Autobahn applies its bound both ways

    def connectionMade(self) -> None:  # noqa: N802
        """Takes the transport's signals over from the HTTP request that was upgraded."""
        super().connectionMade()
        self.backlog = Backlog()
        self.allowance = Allowance()
        self.is_heard = True
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.backlog, True)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Takes what comes while it is heard."""
        if not self.is_heard:
            return
        if self.state == self.STATE_CONNECTING and len(self.data) + len(data) > MAX_EARLY:
            self.dropConnection(abort=True)
            return
        super().dataReceived(data)

    def onFrameBegin(self) -> None:  # noqa: N802
        """Begins a frame, or closes a client that sends too many."""
        super().onFrameBegin()
        if not self.allowance.takes_one():
            self._shut(FLOOD)

    def onPing(self, payload: bytes) -> None:  # noqa: N802
        """Answers a ping, or closes a client that does not read the answers."""
        if self.state == self.STATE_OPEN and not self.backlog.takes(len(payload)):
            self._shut(TOO_SLOW)
        super().onPing(payload)

    def sendMessage(self, payload: bytes, *arguments: Any, **keywords: Any) -> None:  # noqa: N802
        """Sends, or closes a client that does not read. What is sent may be of any size, unlike what comes in."""
        if self.state != self.STATE_OPEN:  # it has gone, or was sent away: the application hears of that in its turn
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
        """Hands a frame on, or closes a client that sends faster than it can be answered."""
        super().onMessage(payload, isBinary)
        if not self.muted and self.application_queue.qsize() > MAX_UNHEARD:
            self._shut(FLOOD)

    def _max_message_size_exceeded(self, size: int, bound: int, reason: str) -> None:  # noqa: ARG002  Autobahn's
        """Says why it closes, where Autobahn would drop the connection without a word."""
        self.sendCloseFrame(code=TOO_BIG, reasonUtf8=f"at most {bound} bytes".encode(), isReply=False)
        self._hear_no_more()

    def _shut(self, code: int) -> None:
        """Closes, and hears nothing more: neither what comes nor what came already."""
        self.serverClose(code)
        self._hear_no_more()

    def _hear_no_more(self) -> None:
        self.is_heard = False
        self.data = b""
