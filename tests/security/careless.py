"""Serves Nono without one of the guards that bound what many clients can hold: the controls of test_slow_clients.py."""

import asyncio
import sys

from tests.support import mutants


def crowded() -> None:
    """Lets any number of sockets into a chat and in from an address."""
    from nono.store import operations

    acquire = operations.acquire_slot
    operations.acquire_slot = lambda key, socket, limit: acquire(key, socket, 0)


def unfair() -> None:
    """Closes the connection that waits longest, whoever filled the room."""
    from nono.server import idle_connections

    idle_connections.address_of = lambda channel: "anywhere"


def hoarding() -> None:
    """Keeps whatever lies ready for clients that do not read it."""
    from nono.server import slow_readers

    slow_readers.MAX_UNREAD = 10**12  # type: ignore[misc]
    slow_readers.PATIENCE = 10**6  # type: ignore[misc]


def each_for_itself() -> None:
    """Reads every open list at every look, all at once, as if each socket looked for itself."""
    from sessions_app import live_lists

    async def look(self: live_lists.OpenLists) -> None:
        await asyncio.gather(*(one.catch_up() for one in self._lists.values()))

    live_lists.OpenLists.look = look  # type: ignore[method-assign]
    live_lists.REST = 0  # type: ignore[misc]


for alteration in (crowded, unfair, hoarding, each_for_itself):
    mutants.ALTERATIONS[alteration.__name__] = alteration

if __name__ == "__main__":
    sys.exit(mutants.main())
