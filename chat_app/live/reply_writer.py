"""Writes the text of this process's running replies to the store, and polls the store for stop requests.

Every 100 ms one round trip writes all of them, and one more reads the stop requests of any process. Stop requests
are read from the store because a notification may be lost.
"""

import asyncio
import contextvars
import time
from collections.abc import Iterator
from typing import Protocol
from weakref import WeakKeyDictionary

from chat_app.live.events import RunningReply
from nono import store
from nono.errors import StoreUnavailable
from nono.store import operations

TELL_STORE = 0.1
"""Seconds between two writes of a reply's text to the store."""

RENEW = 3.0
"""Seconds between two renewals of the lease of a reply without new text."""


class LeaseHolder(Protocol):
    """Protocol of a task that writes a reply under a lease."""

    user_id: str
    lease: str

    def lease_lost(self) -> None:
        """Called when another process holds the lease."""

    def stop(self) -> bool:
        """Ends the reply; returns whether one was running."""


class ReplyStreamWriter:
    """Writes the replies of each event loop's lease holders in one task, which ends when none is left."""

    def __init__(self) -> None:
        self._pages: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[LeaseHolder, _Cursor]] = WeakKeyDictionary()
        self._writing: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()

    def follow(self, speaker: LeaseHolder, reply: RunningReply) -> None:
        """Starts to write the reply of ``speaker`` to the store."""
        loop = asyncio.get_running_loop()
        pages = self._pages.setdefault(loop, {})
        pages[speaker] = _Cursor(reply)
        if loop not in self._writing or self._writing[loop].done():
            self._writing[loop] = loop.create_task(_look_after(pages), context=contextvars.Context())

    def unfollow(self, speaker: LeaseHolder) -> None:
        """Stops writing the reply of ``speaker``."""
        self._pages[asyncio.get_running_loop()].pop(speaker, None)


class _Cursor:
    """Position up to which a reply is written to the store."""

    def __init__(self, reply: RunningReply) -> None:
        self.reply = reply
        self._written = -1
        self._restarts = 0
        self._phase = ""
        self._renewed_at = 0.0

    def entries(self) -> Iterator[dict[str, str]]:
        """Yields the entries to write now: a start, a phase, new text, or an empty entry that renews the lease.

        A repeated start entry discards the text before it.
        """
        reply, now = self.reply, time.monotonic()
        if self._written < 0 or self._restarts != reply.restarts:
            self._written, self._restarts = 0, reply.restarts
            yield {
                "reply_id": reply.reply_id,
                "in_reply_to": str(reply.in_reply_to),
                "context_from": str(reply.context_from),
                "restarts": str(reply.restarts),
            }
        elif self._phase != reply.phase:
            self._phase = reply.phase
            yield {"phase": reply.phase, "since": reply.since}
        elif self._written == len(reply.text) and now - self._renewed_at < RENEW:
            return
        elif self._written == len(reply.text):
            yield {}
        if self._written < len(reply.text):
            text, self._written = reply.text[self._written :], len(reply.text)
            yield {"text": text}
        self._renewed_at = now


async def _look_after(pages: dict[LeaseHolder, _Cursor]) -> None:
    while pages:
        await asyncio.sleep(TELL_STORE)
        try:
            await _write(pages)
            await _hear_who_is_to_stop(dict(pages))
        except StoreUnavailable:
            continue  # this process's subscribers still get the text; the end of the reply waits for the store


async def _write(pages: dict[LeaseHolder, _Cursor]) -> None:
    due = [(speaker, entry) for speaker, page in pages.items() for entry in page.entries()]
    if not due:
        return
    held = await store.arun_all(
        [operations.append_reply_chunk(speaker.user_id, speaker.lease, entry) for speaker, entry in due]
    )
    for (speaker, _), holds in zip(due, held, strict=True):
        if not holds and speaker in pages:
            speaker.lease_lost()


async def _hear_who_is_to_stop(pages: dict[LeaseHolder, _Cursor]) -> None:
    if not pages:
        return
    wanted = await store.arun(operations.stop_requests([speaker.user_id for speaker in pages]))
    for (speaker, page), reply_id in zip(pages.items(), wanted, strict=True):
        if reply_id == page.reply.reply_id:
            speaker.stop()


writer = ReplyStreamWriter()
