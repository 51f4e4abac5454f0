"""How many connections may wait for a request, and which of them goes where there are more."""

from typing import Any, Final

MAX_WAITING: Final = 500
"""Connections without a whole request: idle ones, and slow ones."""


class Waiting:
    """The connections that wait for a request, by the address that they come from, the longest waiting first."""

    def __init__(self) -> None:
        self._at: dict[str, dict[Any, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, channel: Any) -> None:
        """Lets one more wait, at the price of the longest waiting one of the address that has most of them.

        Who fills the room alone pays alone: nobody else's connection is closed for it.
        """
        self.remove(channel)
        self._at.setdefault(address_of(channel), {})[channel] = None
        self._count += 1
        if self._count > MAX_WAITING:
            fullest = max(self._at, key=lambda address: len(self._at[address]))
            longest = next(iter(self._at[fullest]))
            self.remove(longest)
            longest.transport.loseConnection()

    def remove(self, channel: Any) -> None:
        """Forgets one that waits no more."""
        address = address_of(channel)
        here = self._at.get(address, {})
        if channel in here:
            del here[channel]
            self._count -= 1
            if not here:
                del self._at[address]


def address_of(channel: Any) -> str:
    """Returns the address that a connection comes from; behind a proxy it is the proxy's."""
    return str(getattr(channel.transport.getPeer(), "host", ""))


waiting = Waiting()
