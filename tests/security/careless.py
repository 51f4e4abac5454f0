"""Serves Nono without one of the guards that bound what many clients can hold: the controls of test_slow_clients.py."""

import asyncio
import sys

from tests.faults import altered


def crowded() -> None:
    """Lets any number of sockets into a chat and in from an address."""
    from nono import operations

    take_place = operations.take_place
    operations.take_place = lambda key, socket, limit: take_place(key, socket, 0)


def unfair() -> None:
    """Closes the connection that waits longest, whoever filled the room."""
    from nono import bounded_waiting

    bounded_waiting.address_of = lambda channel: "anywhere"


def hoarding() -> None:
    """Keeps whatever lies ready for clients that do not read it."""
    from nono import bounded_reading

    bounded_reading.MAX_UNREAD = 10**12  # type: ignore[misc]
    bounded_reading.PATIENCE = 10**6  # type: ignore[misc]


def each_for_itself() -> None:
    """Reads every open list at every look, all at once, as if each socket looked for itself."""
    from sessions_app import open_lists

    async def look(self: open_lists.OpenLists) -> None:
        await asyncio.gather(*(one.catch_up() for one in self._lists.values()))

    open_lists.OpenLists.look = look  # type: ignore[method-assign]
    open_lists.REST = 0  # type: ignore[misc]


for alteration in (crowded, unfair, hoarding, each_for_itself):
    altered.ALTERATIONS[alteration.__name__] = alteration

if __name__ == "__main__":
    sys.exit(altered.main())
