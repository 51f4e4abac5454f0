"""Parses the bytes of a response into events: server-sent events, or JSON if an endpoint sends that.

The bytes decide, not the content type (WHATWG HTML, 9.2 "Server-sent events"; JSON as one text or one per line).
"""

from typing import Final

from chat_app.responders.errors import EndpointError

MAX_EVENT: Final = 1024 * 1024
"""Maximum bytes of one event or line; an answer of ten thousand tokens is far smaller."""

_BLANK: Final = b" \t\r\n"
_BOM: Final = b"\xef\xbb\xbf"


class EventTooLong(Exception):
    """Raised for an event larger than ``MAX_EVENT``."""


class EventStream:
    """Incremental parser of server-sent events.

    Lines may end in CR LF or CR, ``data:`` may lack its space, comments and other fields are ignored, and the bytes
    may be split anywhere, also within a character.
    """

    def __init__(self) -> None:
        self.has_events = False
        self._line = b""
        self._data: list[bytes] = []
        self._size = 0
        self._after_return = False
        self._is_error = False

    def feed(self, received: bytes) -> list[bytes]:
        """Returns the data of each event that ends in ``received``; raises ``EventTooLong``."""
        if self._after_return:
            received = received.removeprefix(b"\n")
        self._after_return = received.endswith(b"\r")
        *lines, self._line = (self._line + received.replace(b"\r\n", b"\n").replace(b"\r", b"\n")).split(b"\n")
        events = [event for line in lines if (event := self._event_ended_by(line)) is not None]
        if len(self._line) + self._size > MAX_EVENT:
            raise EventTooLong
        return events

    def end(self) -> list[bytes]:
        """Returns the last event if the stream ends without an empty line after it."""
        return self.feed(b"\n\n")

    def _event_ended_by(self, line: bytes) -> bytes | None:
        if line:
            self._read(line)
            return None
        data, self._data, self._size = b"\n".join(self._data), [], 0
        is_error, self._is_error = self._is_error, False
        return b'{"error":' + data + b"}" if data and is_error else data or None

    def _read(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._is_error = value == b"error"
        elif line.startswith(b'{"error"'):  # without a field's name
            field, value = b"data", line
        elif field == b"error":  # llama.cpp before 2025
            field, self._is_error = b"data", True
        if field == b"data":
            self.has_events = True
            self._data.append(value)
            self._size += len(value)


class JsonTexts:
    """Incremental parser of JSON texts: one per line, or a single one that spans lines."""

    def __init__(self) -> None:
        self.is_whole = False
        self._received = b""
        self._by_line: bool | None = None

    def feed(self, received: bytes) -> list[bytes]:
        """Returns the texts that end in ``received``; raises ``EventTooLong``."""
        self._received += received
        if self._by_line is None and b"\n" in self._received:
            first = self._received.partition(b"\n")[0].rstrip()
            self._by_line = len(first) > 1 and first.endswith(b"}")
        texts: list[bytes] = []
        if self._by_line:
            *lines, self._received = self._received.split(b"\n")
            texts = [line for line in lines if line.strip()]
        if len(self._received) > MAX_EVENT:
            raise EventTooLong
        return texts

    def end(self) -> list[bytes]:
        """Returns the rest as one text."""
        left, self._received = self._received, b""
        self.is_whole = bool(left.strip()) and not self._by_line
        return [left] if left.strip() else []


class Body:
    """Detects the format of a response by its first byte and parses it."""

    def __init__(self) -> None:
        self._head = b""
        self._reader: EventStream | JsonTexts | None = None

    @property
    def is_whole(self) -> bool:
        """Returns whether the response was one whole JSON text, which needs no other end marker."""
        return isinstance(self._reader, JsonTexts) and self._reader.is_whole

    def feed(self, received: bytes) -> list[bytes]:
        """Returns the events that ``received`` completes; raises ``EndpointError`` if it is a web page."""
        if self._reader is None:
            self._head = (self._head + received).removeprefix(_BOM).lstrip(_BLANK)
            if not self._head or _BOM.startswith(self._head):
                return []
            if self._head.startswith(b"<"):
                raise EndpointError("The model endpoint answered with a web page: check LLM_BASE_URL.", reason="broken")
            self._reader = JsonTexts() if self._head[:1] in {b"{", b"["} else EventStream()
            received, self._head = self._head, b""
        return self._reader.feed(received)

    def end(self) -> list[bytes]:
        """Returns the last events; raises ``EndpointError`` if the response had none of the known formats."""
        if self._reader is None:
            raise EndpointError("The model endpoint answered with nothing.", reason="broken", again=True)
        events = self._reader.end()
        if isinstance(self._reader, EventStream) and not self._reader.has_events:
            raise EndpointError("The model endpoint did not answer with a stream of events: check LLM_BASE_URL.")
        return events
