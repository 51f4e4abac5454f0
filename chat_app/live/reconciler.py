"""Reconciler: compares all open chats of this process with the store every few seconds.

It does not depend on notifications. One round trip covers 500 chats. A chat that changed or expired is read again;
a message that waits for a reply without a lease gets its reply started.
"""

import asyncio
import contextvars
import logging
import time
from itertools import islice
from weakref import WeakKeyDictionary

from chat_app.live import replies
from chat_app.live.registry import open_rooms
from chat_app.live.room import ChatRoom
from nono import store
from nono.errors import StoreUnavailable
from nono.store import operations
from nono.store.operations import SessionStatus

logger = logging.getLogger(__name__)

INTERVAL_S = 2.5
"""Seconds between two runs: with the read that follows, every subscriber is up to date within 5 s."""

AT_ONCE = 500
"""Maximum number of chats in one round trip."""

_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()


def start() -> None:
    """Starts the reconciler of this event loop if it is not running; it ends when no chat is open."""
    loop = asyncio.get_running_loop()
    if loop not in _watches or _watches[loop].done():
        # A context of its own, because the task outlives the socket that started it.
        _watches[loop] = loop.create_task(_look_after(), context=contextvars.Context())


async def _look_after() -> None:
    pause = INTERVAL_S
    while rooms := list(open_rooms().values()):
        await asyncio.sleep(min(pause, _until_next_end(rooms)))
        try:
            pause = await reconcile()
        except StoreUnavailable as error:
            pause = INTERVAL_S
            logger.warning("the watch could not look: %s", error.detail)


def _until_next_end(rooms: list[ChatRoom]) -> float:
    """Returns the seconds until the next expiry, at most ``INTERVAL_S``, so that ``expired`` is sent in time."""
    ends = [room.session.expires_at_ms / 1000 - time.time() + 0.05 for room in rooms if room.session]
    return min([INTERVAL_S, *(end for end in ends if end > 0)])


async def reconcile() -> float:
    """Compares every open chat with the store once and updates those that differ.

    Returns the seconds until the next run: less than ``INTERVAL_S`` if a reply's lease expires before, so that the
    reply of a process that died is started again at once.
    """
    pause = INTERVAL_S
    rooms = iter(list(open_rooms().values()))
    while some := list(islice(rooms, AT_ONCE)):
        statuses = await store.arun(operations.session_statuses([room.user_id for room in some]))
        for room, status in zip(some, statuses, strict=True):
            if _moved(room, status):
                await room.catch_up()
            if status and status.waiting and not status.lease_ms:
                replies.start(room.user_id, status.epoch)
            elif status and status.waiting:
                pause = min(pause, status.lease_ms / 1000 + 0.05)
    return pause


def _moved(room: ChatRoom, status: SessionStatus | None) -> bool:
    if room.session is None or status is None:
        return (room.session is None) != (status is None)
    session = room.session
    known = (session.epoch, session.revision, session.seq, session.expires_at_ms, room.observed)
    return known != (status.epoch, status.revision, status.seq, status.expires_at, status.observed)
