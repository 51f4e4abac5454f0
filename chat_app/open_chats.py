"""The chats that are open in this process: one feed each, for as long as it has a tab or a running reply."""

import asyncio
from weakref import WeakKeyDictionary

from chat_app.feed import Feed

_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Feed]] = WeakKeyDictionary()


def open_feeds() -> dict[str, Feed]:
    """Returns this event loop's feeds by user_id."""
    return _feeds.setdefault(asyncio.get_running_loop(), {})


def feed_of(user_id: str) -> Feed:
    """Returns the feed of a chat, opened if need be."""
    return open_feeds().setdefault(user_id, Feed(user_id))


def close_if_idle(feed: Feed) -> None:
    """Forgets a feed that has no tab, nobody on the way in and no run: whoever came next would have another."""
    if not feed.tabs and not feed.holders and open_feeds().get(feed.user_id) is feed:
        del open_feeds()[feed.user_id]
