"""Looks after all open chats of this process, a few seconds apart, whatever the doorbell does.

One round trip for 500 chats. A chat that moved is read again; one whose clock ran out is told so; one whose
message waits for a reply that nobody gives is taken up.
"""

import asyncio
import logging
import time
from itertools import islice
from weakref import WeakKeyDictionary

from chat_app import replies
from chat_app.feed import Feed, open_feeds
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
        _watches[loop] = loop.create_task(_look_after())


async def _look_after() -> None:
    while feeds := list(open_feeds().values()):
        await asyncio.sleep(_until_next_look(feeds))
        try:
            await look()
        except StoreUnavailable as error:
            logger.warning("the watch could not look: %s", error.detail)


def _until_next_look(feeds: list[Feed]) -> float:
    """Looks earlier where a clock runs out before the beat, so that an expiry is told when it happens."""
    ends = [feed.session.expires_at_ms / 1000 - time.time() + 0.05 for feed in feeds if feed.session]
    return min([BEAT, *(end for end in ends if end > 0)])


async def look() -> None:
    """Compares every open chat with the store once and brings forward those that differ."""
    feeds = iter(list(open_feeds().values()))
    while some := list(islice(feeds, AT_ONCE)):
        standings = await store.arun(operations.glance([feed.user_id for feed in some]))
        for feed, standing in zip(some, standings, strict=True):
            if _moved(feed, standing):
                await feed.catch_up()
            if standing and standing.waiting and not standing.leased:
                replies.start(feed.user_id, standing.epoch)


def _moved(feed: Feed, standing: Standing | None) -> bool:
    if feed.session is None or standing is None:
        return (feed.session is None) != (standing is None)
    known = (feed.session.epoch, feed.session.seq, feed.session.expires_at_ms)
    return known != (standing.epoch, standing.seq, standing.expires_at)
