"""Live lists of sessions in this process: sockets that show the same list share one read.

There may be thousands of open lists, and most of them do not change most of the time. So sockets do not read on their
own: one task reads a digest of each list, many in one round trip, and then only the lists whose digest changed.
"""

import asyncio
import contextvars
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

from nono import store
from nono.errors import StoreUnavailable
from nono.realtime import notifications
from nono.store import operations
from nono.web.strict_json import text_of
from sessions_app.listing import FIELDS, MAX_PAGE, ListQuery

BEAT: Final = 2.5
"""Seconds after which the lists are checked again without a notification."""

GATHER: Final = 0.3
"""Seconds for which notifications are collected before one check."""

REST: Final = 10
"""Pause before the next check, as a multiple of the last check's duration; it limits the share of time for checks."""

AT_ONCE: Final = 200
"""Lists in one round trip, which take a few milliseconds of the server's time."""

Shown = dict[str, dict[str, Any]]
"""Content of a list: for each session, by its name, the fields that a visitor may see."""


class ListTab(Protocol):
    """Interface of a socket that shows a list."""

    def enqueue(self, text: str) -> None:
        """Queues a frame."""

    async def look_again(self) -> None:
        """Switches to another list if the visitor may not see this one any more."""


class OpenList:
    """One owner's list, or the list of all sessions (None), and its subscribers."""

    def __init__(self, owner: str | None) -> None:
        self.owner = owner
        self.tabs: set[ListTab] = set()
        self.shown: Shown = {}
        self.digest = ""
        self.joining = 0
        self._lock = asyncio.Lock()

    @property
    def is_needed(self) -> bool:
        """Returns True if the list has a subscriber, or one is joining."""
        return bool(self.tabs or self.joining)

    async def join(self, tab: ListTab) -> tuple[Shown, int]:
        """Adds a subscriber; returns the current content and the number of sessions."""
        async with self._lock:
            count = await self._bring_up()
            self.tabs.add(tab)
            return self.shown, count

    async def catch_up(self) -> None:
        """Reads the list and sends the changes to its subscribers; raises ``StoreUnavailable``."""
        async with self._lock:
            await self._bring_up()

    async def _bring_up(self) -> int:
        page = await store.arun(ListQuery(owner=self.owner).operation())
        current = {one.user_id: one.to_item() for one in page.sessions}
        if page.next is not None:
            current |= await self._pushed_out(current)
        for frame in differences(self.shown, current):
            for tab in tuple(self.tabs):
                tab.enqueue(frame)
        self.shown = current
        return page.count

    async def _pushed_out(self, listed: Shown) -> Shown:
        """Returns shown sessions that still exist but left the first page; only sessions that are gone are removed."""
        older = [user_id for user_id in self.shown if user_id not in listed][:MAX_PAGE]
        standings = await store.arun(operations.session_statuses(older)) if older else []
        return {user_id: self.shown[user_id] for user_id, one in zip(older, standings, strict=True) if one}


class OpenLists:
    """All open lists of one event loop, by owner."""

    def __init__(self) -> None:
        self._lists: dict[str | None, OpenList] = {}
        self._rung = asyncio.Event()
        self._beginning = asyncio.Lock()
        self._ear: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None

    async def join(self, owner: str | None, tab: ListTab) -> tuple[Shown, int]:
        """Adds a subscriber to a list and returns its content; raises ``StoreUnavailable``."""
        one = self._lists.setdefault(owner, OpenList(owner))
        one.joining += 1
        try:
            # Subscribe before reading: a change between the two is read twice, not missed.
            await self._begin()
            return await one.join(tab)
        finally:
            one.joining -= 1
            self._forget_if_unseen(one)

    def leave(self, owner: str | None, tab: ListTab) -> None:
        """Removes a subscriber; after the last one the checks stop."""
        if one := self._lists.get(owner):
            one.tabs.discard(tab)
            self._forget_if_unseen(one)

    def shown(self, owner: str | None) -> Shown:
        """Returns the content of an open list."""
        return self._lists[owner].shown

    async def look(self) -> None:
        """Updates every list whose digest changed."""
        if everybodys := self._lists.get(None):
            for tab in tuple(everybodys.tabs):
                await tab.look_again()
            await _catch_up(everybodys)
        owned = iter([one for one in self._lists.values() if one.owner is not None])
        while some := list(islice(owned, AT_ONCE)):
            digests = await store.arun(operations.digests([one.owner or "" for one in some], FIELDS))
            for one, digest in zip(some, digests, strict=True):
                if digest != one.digest and await _catch_up(one):
                    one.digest = digest

    async def _begin(self) -> None:
        async with self._beginning:
            if self._ear is None or self._ear.done():
                self._ear = await notifications.subscribe_process(notifications.LIST_GROUP, self._rung)
            if self._watch is None or self._watch.done():
                # Own context, because the task outlives the socket that starts it.
                self._watch = asyncio.get_running_loop().create_task(self._look_after(), context=contextvars.Context())

    def _forget_if_unseen(self, one: OpenList) -> None:
        if not one.is_needed and self._lists.get(one.owner) is one:
            del self._lists[one.owner]
        if not self._lists:
            self._rung.set()

    async def _look_after(self) -> None:
        rest = GATHER
        while self._lists:
            try:
                async with asyncio.timeout(max(BEAT, rest)):
                    await self._rung.wait()
                    await asyncio.sleep(rest)
            except TimeoutError:
                pass
            self._rung.clear()
            began = time.monotonic()
            try:
                await self.look()
            except StoreUnavailable:
                continue
            rest = max(GATHER, REST * (time.monotonic() - began))
        if self._ear is not None:
            self._ear.cancel()
        self._ear = self._watch = None


def differences(before: Shown, after: Shown) -> Iterator[str]:
    """Yields the frames that turn one content of a list into another."""
    for user_id in before.keys() - after.keys():
        yield text_of({"type": "removed", "user_id": user_id})
    for user_id, session in reversed(after.items()):
        if user_id not in before:
            yield text_of({"type": "created", "session": session})
        elif session != before[user_id]:
            yield text_of({"type": "updated", "session": session})


_open: WeakKeyDictionary[asyncio.AbstractEventLoop, OpenLists] = WeakKeyDictionary()


def open_lists() -> OpenLists:
    """Returns this event loop's open lists."""
    return _open.setdefault(asyncio.get_running_loop(), OpenLists())


async def _catch_up(one: OpenList) -> bool:
    """Updates one list; an error in it, such as a damaged index, does not affect the others."""
    try:
        await one.catch_up()
    except StoreUnavailable:
        return False
    return True
