"""Looks after all open chats of this process, a few seconds apart, whatever the doorbell does.

One round trip for 500 chats. A chat that moved is read again; one whose clock ran out is told so; one whose
message waits for a reply that nobody gives is taken up.
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
"""Seconds between two looks: with the reading that follows, every tab is right within 5."""

AT_ONCE = 500
"""Chats in one round trip."""

_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()


def start() -> None:
    """Sees to it that this event loop's chats are looked after, until none is open."""
    loop = asyncio.get_running_loop()
    if loop not in _watches or _watches[loop].done():
        # A context of its own: the watch outlives the socket that began it.
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
    """Looks earlier where a clock runs out before the beat, so that an expiry is told when it happens."""
    ends = [room.session.expires_at_ms / 1000 - time.time() + 0.05 for room in rooms if room.session]
    return min([INTERVAL_S, *(end for end in ends if end > 0)])


async def reconcile() -> float:
    """Compares every open chat with the store once and brings forward those that differ.

    Returns the seconds until the next look: less than the beat where a reply's lease runs out before, so that the
    reply of a process that died is taken up at once.
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
