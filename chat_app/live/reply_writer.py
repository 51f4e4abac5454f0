"""Writes what the running replies of this process say to the store, and hears there who is to stop.

One round trip for all of them every 100 ms, and one more to ask whether somebody, in whichever process, wants one
of them to end: the store tells that without fail, where a doorbell may not be heard.
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
"""Seconds between two renewals of the lease of a reply that says nothing."""


class LeaseHolder(Protocol):
    """Who says a reply."""

    user_id: str
    lease: str

    def lease_lost(self) -> None:
        """Is told that its lease is somebody else's by now."""

    def stop(self) -> bool:
        """Is told to end its reply."""


class ReplyStreamWriter:
    """Follows the speakers of each event loop while there are any."""

    def __init__(self) -> None:
        self._pages: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[LeaseHolder, _Cursor]] = WeakKeyDictionary()
        self._writing: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()

    def follow(self, speaker: LeaseHolder, reply: RunningReply) -> None:
        """Begins to write down what ``speaker`` says."""
        loop = asyncio.get_running_loop()
        pages = self._pages.setdefault(loop, {})
        pages[speaker] = _Cursor(reply)
        if loop not in self._writing or self._writing[loop].done():
            self._writing[loop] = loop.create_task(_look_after(pages), context=contextvars.Context())

    def unfollow(self, speaker: LeaseHolder) -> None:
        """Stops writing for ``speaker``."""
        self._pages[asyncio.get_running_loop()].pop(speaker, None)


class _Cursor:
    """How much of a reply is written down."""

    def __init__(self, reply: RunningReply) -> None:
        self.reply = reply
        self._written = -1
        self._restarts = 0
        self._phase = ""
        self._renewed_at = 0.0

    def entries(self) -> Iterator[dict[str, str]]:
        """Yields what is to be written now: a start, a phase, new text, or an empty entry to renew the lease.

        A start that comes again begins the text anew.
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
            continue  # tabs of this process go on; the reply's end waits for the store


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
