"""Puts server-sent events together from the bytes of a response (WHATWG HTML, 9.2 "Server-sent events")."""

from typing import Final

MAX_EVENT: Final = 1024 * 1024
"""Bytes of one event, or of a line without an end; no answer of one token, or of ten thousand, comes near."""


class EventTooLong(Exception):
    """An event is over ``MAX_EVENT``."""


class EventStream:
    """Takes bytes as they come and gives the data of the events that they complete.

    Lines may end in CR LF, ``data:`` may lack its space, comments and other fields are passed over, and bytes
    may be cut anywhere, also within a character.
    """

    def __init__(self) -> None:
        self._line = b""
        self._data: list[bytes] = []
        self._size = 0

    def take(self, received: bytes) -> list[bytes]:
        """Returns the data of each event that ends in ``received``; raises ``EventTooLong``."""
        *lines, self._line = (self._line + received).split(b"\n")
        events = [event for line in lines if (event := self._event_ended_by(line.removesuffix(b"\r"))) is not None]
        if len(self._line) + self._size > MAX_EVENT:
            raise EventTooLong
        return events

    def end(self) -> list[bytes]:
        """Returns the last event where the stream ends without the empty line behind it."""
        return self.take(b"\n\n")

    def _event_ended_by(self, line: bytes) -> bytes | None:
        if line:
            field, _, value = line.partition(b":")
            if field == b"data":
                self._data.append(value.removeprefix(b" "))
                self._size += len(value)
            return None
        data, self._data, self._size = self._data, [], 0
        return b"\n".join(data) if data else None
