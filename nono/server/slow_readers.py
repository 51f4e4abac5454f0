"""How much may lie ready for clients that do not read, or read slowly, what they asked for over HTTP.

Daphne takes an answer from the application whole, whether or not the client reads, and Twisted keeps it for as long
as the connection lives.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from nono.server.idle_connections import address_of

MAX_UNREAD: Final = 32 * 1024 * 1024
"""Bytes that may lie ready for all slow readers together."""

ENOUGH_ROOM: Final = MAX_UNREAD * 3 // 4
"""What is left of them when some had to go, so that not every further piece costs a look at all."""

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at who reads how fast."""

PATIENCE: Final = 60.0
"""Seconds in which a client has to take ``LEAST`` bytes, or all that there are."""

LEAST: Final = 32 * 1024


@dataclass(slots=True)
class Pace:
    """How a connection is read: what it had taken when its time began, and how long ago that is."""

    taken: int
    seconds: float = 0


class Unread:
    """The connections whose clients have not taken all that they were sent."""

    def __init__(self) -> None:
        self._paces: dict[Any, Pace] = {}
        self._held = 0
        self._is_looking = False

    def __len__(self) -> int:
        return len(self._paces)

    def add(self, channel: Any) -> None:
        """Begins to look after a connection, until everything is taken."""
        if channel in self._paces or not left_of(channel):
            return
        self._paces[channel] = Pace(channel.sent - left_of(channel))
        self._held += left_of(channel)
        self._look_later(channel)

    def remove(self, channel: Any) -> None:
        """Forgets a connection."""
        self._paces.pop(channel, None)

    def grows(self, channel: Any, size: int) -> None:
        """Hears that so much more was written for a connection, and makes room where all have too much."""
        if channel in self._paces:
            self._held += size
            if self._held > MAX_UNREAD:
                self._make_room()

    def look(self, seconds: float) -> None:
        """Ends the connections that took too little for too long; forgets those that took all."""
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
        """Ends connections where all have too much: of the address that has most, the one that has most."""
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
    """Returns how many bytes of a connection wait for the kernel to take them."""
    transport = channel.transport
    # Twisted tells nobody: what is in the two buffers of its file descriptor.
    left: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen  # noqa: SLF001
    return left


unread = Unread()
