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

from chat_app import replies
from chat_app.feed import Feed
from chat_app.open_chats import open_feeds
from nono import operations, store
from nono.errors import StoreUnavailable
from nono.operations import Standing

logger = logging.getLogger(__name__)

BEAT = 2.5
"""Seconds between two looks: with the reading that follows, every tab is right within 5."""

AT_ONCE = 500
"""Chats in one round trip."""

_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()


def begin() -> None:
    """Sees to it that this event loop's chats are looked after, until none is open."""
    loop = asyncio.get_running_loop()
    if loop not in _watches or _watches[loop].done():
        # A context of its own: the watch outlives the socket that began it.
        _watches[loop] = loop.create_task(_look_after(), context=contextvars.Context())


async def _look_after() -> None:
    pause = BEAT
    while feeds := list(open_feeds().values()):
        await asyncio.sleep(min(pause, _until_next_end(feeds)))
        try:
            pause = await look()
        except StoreUnavailable as error:
            pause = BEAT
            logger.warning("the watch could not look: %s", error.detail)


def _until_next_end(feeds: list[Feed]) -> float:
    """Looks earlier where a clock runs out before the beat, so that an expiry is told when it happens."""
    ends = [feed.session.expires_at_ms / 1000 - time.time() + 0.05 for feed in feeds if feed.session]
    return min([BEAT, *(end for end in ends if end > 0)])


async def look() -> float:
    """Compares every open chat with the store once and brings forward those that differ.

    Returns the seconds until the next look: less than the beat where a reply's lease runs out before, so that the
    reply of a process that died is taken up at once.
    """
    pause = BEAT
    feeds = iter(list(open_feeds().values()))
    while some := list(islice(feeds, AT_ONCE)):
        standings = await store.arun(operations.glance([feed.user_id for feed in some]))
        for feed, standing in zip(some, standings, strict=True):
            if _moved(feed, standing):
                await feed.catch_up()
            if standing and standing.waiting and not standing.lease_ms:
                replies.start(feed.user_id, standing.epoch)
            elif standing and standing.waiting:
                pause = min(pause, standing.lease_ms / 1000 + 0.05)
    return pause


def _moved(feed: Feed, standing: Standing | None) -> bool:
    if feed.session is None or standing is None:
        return (feed.session is None) != (standing is None)
    session = feed.session
    known = (session.epoch, session.revision, session.seq, session.expires_at_ms, feed.observed)
    return known != (standing.epoch, standing.revision, standing.seq, standing.expires_at, standing.observed)
