"""Daphne's HTTP with limits on the memory and time of requests and connections.

Twisted waits for a request as long as bytes arrive, and accepts a body of any size. These classes refuse a body over
the limit by its Content-Length or as soon as it exceeds the limit, and a request that takes too long. They close excess
idle connections (idle_connections.py) and connections that do not read their responses (slow_readers.py).
"""

import logging
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.web.http import HTTPChannel

from nono.server.idle_connections import waiting
from nono.server.slow_readers import unread
from nono.web.problems import problem
from nono.web.strict_json import MAX_BODY_BYTES

logger = logging.getLogger(__name__)

REQUEST_TIME: Final = 20.0
"""Maximum seconds from the first byte of a request to its last."""

LINGER: Final = 2.0
"""Seconds for which input of a refused client is read and discarded, so that it can read the error response."""

MAX_THROWN_AWAY: Final = 4 * 1024 * 1024
"""Maximum bytes of discarded input; over that the connection is aborted."""

NOT_FOR_CLIENTS: tuple[bytes, ...] = (b"daphne-root-path", b"sec-websocket-protocol")
"""Headers that Daphne trusts from any client, and fails on for some values.

The first sets the root path of the application; the second offers subprotocols, of which Nono supports none.
"""

WORDS: Final = {
    400: ("bad_request", "The request could not be read. Check its head and its address."),
    408: ("timeout", f"The request took longer than {REQUEST_TIME:.0f} seconds to come."),
    413: ("too_large", f"The body is too large; at most {MAX_BODY_BYTES} bytes are allowed."),
    500: ("internal_error", "Something went wrong on our side. The error is in the server's log."),
    503: ("unavailable", "This took too long. Please try again in a moment."),
}


class BoundedRequest(WebRequest):  # type: ignore[misc]  # Daphne carries no types
    """One request, whose body is kept in memory and limited to ``MAX_BODY_BYTES``."""

    def __init__(self, channel: "BoundedChannel", queued: object) -> None:
        super().__init__(channel, queued, parsePOSTFormSubmission=False)  # Django parses forms

    def gotLength(self, length: int | None) -> None:  # noqa: ARG002, N802  Twisted's interface
        """Creates the body buffer; Twisted would use a file for an unknown length."""
        self.content = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Appends a part of the body, or refuses the request with 413 if it exceeds the limit."""
        if self.channel.refused:
            return
        if self.content.tell() + len(data) > MAX_BODY_BYTES:
            self.channel.refuse(413)
        else:
            super().handleContentChunk(data)

    def process(self) -> Any:
        """Removes the headers of ``NOT_FOR_CLIENTS`` and passes the request on."""
        for name in NOT_FOR_CLIENTS:
            self.requestHeaders.removeHeader(name)
        return super().process()

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:  # noqa: ARG002  Daphne's interface
        """Responds to an error outside any application; as a problem below ``/api/``."""
        logger.info("request refused before it was read", extra={"status": status})
        headers, content = refusal(status, self.uri)
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": content})


class BoundedChannel(HTTPChannel):  # type: ignore[misc]  # Twisted's types do not reach this far
    """One connection and its sequential requests."""

    requestFactory = BoundedRequest  # noqa: N815
    transport: Any
    callLater: Any  # noqa: N815  given by the factory

    def __init__(self) -> None:
        super().__init__()
        self.refused = False
        self.sent = 0
        self._thrown_away = 0
        self._address = b""
        self._clock: Any = None
        self._linger: Any = None

    def connectionMade(self) -> None:  # noqa: N802
        """Registers the connection as waiting for a request."""
        self.requestFactory = BoundedRequest  # Daphne's factory has set its own class
        super().connectionMade()
        waiting.add(self)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Processes input, or discards it after a refusal."""
        if self.refused:
            self._throw_away(len(data))
            return
        if not self._handlingRequest:
            self._start_clock()
        super().dataReceived(data)

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        """Processes a line of the head; a pipelined request arrives here without ``dataReceived``."""
        if not self.refused:
            self._start_clock()
            self._address = self._address or _address_in(line)
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802
        """Refuses a line of the head that is too long."""
        self._address = self._address or _address_in(line)
        self.refuse(400)

    def allHeadersReceived(self) -> None:  # noqa: N802
        """Refuses a body by its Content-Length, before it is received."""
        if self.length is not None and self.length > MAX_BODY_BYTES:
            self.requests[-1].gotLength(0)
            self.refuse(413)
        else:
            super().allHeadersReceived()

    def allContentReceived(self) -> None:  # noqa: N802
        """Passes a complete request on."""
        if self.refused:
            return
        self._stop_clock()
        self._address = b""
        waiting.remove(self)
        super().allContentReceived()

    def write(self, data: bytes) -> None:
        """Sends a part of a response."""
        self.sent += len(data)
        super().write(data)
        unread.grows(self, len(data))

    def writeSequence(self, iovec: list[bytes]) -> None:  # noqa: N802
        """Sends parts of a response."""
        size = sum(map(len, iovec))
        self.sent += size
        super().writeSequence(iovec)
        unread.grows(self, size)

    def pauseProducing(self) -> None:  # noqa: N802
        """Registers a slow reader; the transport calls this when its buffer is full."""
        unread.add(self)
        super().pauseProducing()

    def requestDone(self, request: BoundedRequest) -> None:  # noqa: N802
        """Waits for the next request; a connection that closes is watched until its last byte is read."""
        if self.persistent:
            waiting.add(self)
        else:
            unread.add(self)
        super().requestDone(request)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Removes the connection from all registries."""
        self._stop_clock()
        waiting.remove(self)
        unread.remove(self)
        if self._linger is not None and self._linger.active():
            self._linger.cancel()
        super().connectionLost(reason)

    def refuse(self, status: int) -> None:
        """Sends an error response, once, and aborts the connection after ``LINGER`` seconds."""
        if self.refused:
            return
        self.refused = True
        self._stop_clock()
        self.setTimeout(None)
        logger.info("request refused before it was read", extra={"status": status})
        headers, content = refusal(status, self._address)
        status_line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()
        lines = [status_line, *(b"%s: %s" % header for header in headers), b"Connection: close"]
        self.transport.write(b"\r\n".join([*lines, b"", content]))
        self.transport.unregisterProducer()
        self.transport.loseWriteConnection()
        self._linger = self.callLater(LINGER, self.transport.abortConnection)

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802  every refusal of Twisted calls it
        self.refuse(400)

    def _throw_away(self, size: int) -> None:
        self._thrown_away += size
        if self._thrown_away > MAX_THROWN_AWAY:
            self.transport.abortConnection()

    def _start_clock(self) -> None:
        if self._clock is None:
            self._clock = self.callLater(REQUEST_TIME, self.refuse, 408)

    def _stop_clock(self) -> None:
        if self._clock is not None and self._clock.active():
            self._clock.cancel()
        self._clock = None


def refusal(status: int, address: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Returns headers and body of an error response: a problem below ``/api/``, else a plain sentence."""
    code, sentence = WORDS.get(status, WORDS[400])
    is_api = address.startswith(b"/api/")
    content = problem(status, code, sentence).content if is_api else f"{sentence}\n".encode()
    kind = b"application/problem+json" if is_api else b"text/plain; charset=utf-8"
    return [
        (b"Content-Type", kind),
        (b"Content-Length", b"%d" % len(content)),
        (b"Cache-Control", b"no-store"),
        (b"X-Content-Type-Options", b"nosniff"),
    ], content


def _address_in(line: bytes) -> bytes:
    return line.split(b" ", 2)[1] if line.count(b" ") else b""


def install() -> None:
    """Makes Daphne's server use ``BoundedChannel``."""
    HTTPFactory.protocol = BoundedChannel
