"""Limit on connections that wait for a request, and the choice of the one to close."""

from typing import Any, Final

MAX_WAITING: Final = 500
"""Maximum number of connections without a complete request, idle or slow."""


class Waiting:
    """Connections that wait for a request, by client address, oldest first."""

    def __init__(self) -> None:
        self._at: dict[str, dict[Any, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, channel: Any) -> None:
        """Adds a connection; over the limit, closes the oldest one of the address with the most connections.

        An address that uses up the limit thereby loses only its own connections.
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
        """Removes a connection that no longer waits."""
        address = address_of(channel)
        here = self._at.get(address, {})
        if channel in here:
            del here[channel]
            self._count -= 1
            if not here:
                del self._at[address]


def address_of(channel: Any) -> str:
    """Returns the peer address of a connection; behind a proxy it is the proxy's."""
    return str(getattr(channel.transport.getPeer(), "host", ""))


waiting = Waiting()
