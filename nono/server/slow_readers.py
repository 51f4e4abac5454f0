"""Limits on unread HTTP responses of clients that read slowly or not at all.

Daphne accepts a whole response from the application whether or not the client reads, and Twisted buffers it as long as
the connection is open.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from nono.server.idle_connections import address_of

MAX_UNREAD: Final = 32 * 1024 * 1024
"""Maximum unread bytes of all slow readers together."""

ENOUGH_ROOM: Final = MAX_UNREAD * 3 // 4
"""Unread bytes to which connections are closed after that, so that not every further write checks all connections."""

LOOK_EVERY: Final = 1.0
"""Seconds between two checks of the reading speed."""

PATIENCE: Final = 60.0
"""Seconds in which a client has to read ``LEAST`` bytes, or all of them."""

LEAST: Final = 32 * 1024


@dataclass(slots=True)
class Pace:
    """Reading progress of a connection: bytes read at the start of the interval, and seconds since then."""

    taken: int
    seconds: float = 0


class Unread:
    """Connections with unread bytes."""

    def __init__(self) -> None:
        self._paces: dict[Any, Pace] = {}
        self._held = 0
        self._is_looking = False

    def __len__(self) -> int:
        return len(self._paces)

    def add(self, channel: Any) -> None:
        """Watches a connection until everything is read."""
        if channel in self._paces or not left_of(channel):
            return
        self._paces[channel] = Pace(channel.sent - left_of(channel))
        self._held += left_of(channel)
        self._look_later(channel)

    def remove(self, channel: Any) -> None:
        """Removes a connection."""
        self._paces.pop(channel, None)

    def grows(self, channel: Any, size: int) -> None:
        """Adds ``size`` written bytes of a connection, and closes connections if the total exceeds the limit."""
        if channel in self._paces:
            self._held += size
            if self._held > MAX_UNREAD:
                self._make_room()

    def look(self, seconds: float) -> None:
        """Closes connections that read too little in ``PATIENCE`` seconds; removes those that have read all."""
        for channel, pace in list(self._paces.items()):
            if not left_of(channel):
                self.remove(channel)
                continue
            pace.seconds += seconds
            taken = channel.sent - left_of(channel)
            if taken - pace.taken >= LEAST:
                pace.taken, pace.seconds = taken, 0
            elif pace.seconds >= PATIENCE:
                self._end(channel)
        self._make_room()

    def _make_room(self) -> None:
        """Over the limit, closes connections: each time the largest one of the address with the most unread bytes."""
        left = {channel: left_of(channel) for channel in self._paces}
        self._held = sum(left.values())
        if self._held <= MAX_UNREAD:
            return
        by_address: defaultdict[str, dict[Any, int]] = defaultdict(dict)
        for channel, size in left.items():
            by_address[address_of(channel)][channel] = size
        while self._held > ENOUGH_ROOM:
            most = max(by_address.values(), key=lambda here: sum(here.values()))
            largest = max(most, key=lambda channel: most[channel])
            self._held -= most.pop(largest)
            self._end(largest)

    def _end(self, channel: Any) -> None:
        self.remove(channel)
        channel.transport.abortConnection()

    def _look_later(self, channel: Any) -> None:
        if not self._is_looking:
            self._is_looking = True
            channel.callLater(LOOK_EVERY, self._look, channel)

    def _look(self, channel: Any) -> None:
        self._is_looking = False
        self.look(LOOK_EVERY)
        if self._paces:
            self._look_later(channel)


def left_of(channel: Any) -> int:
    """Returns the number of bytes of a connection that are not yet passed to the kernel."""
    transport = channel.transport
    # Twisted has no public API for the size of the two buffers of its file descriptor.
    left: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen  # noqa: SLF001
    return left


unread = Unread()
