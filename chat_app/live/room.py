"""ChatRoom: one open chat in this process, sent to all of its subscribers in order.

A room is a copy of the chat in the store. It is updated in two ways: directly, by what happens in this process, and
by ``catch_up``, which reads what is missing after a notification or when the reconciler finds a difference. What a
subscriber receives depends on the store alone, so a lost notification delays text and never loses it.
"""

import asyncio
import contextvars
import time
from dataclasses import replace

from django.conf import settings

from chat_app.live import events
from chat_app.live.events import Frame, RunningReply
from chat_app.live.subscriber import Subscriber
from chat_app.live.subscribers import Subscribers
from chat_app.messages import ChatMessage
from chat_app.safety import higher
from chat_app.safety.levels import level_of
from nono import store
from nono.errors import StoreUnavailable
from nono.store import operations
from nono.store.operations import SessionSnapshot
from sessions_app.session import Session, not_found

FOLLOW = 0.15
"""Seconds between two reads of a reply that another process is writing."""

CLOCK_SLACK_MS = 500
"""Milliseconds by which this machine's clock may lag behind the store's for an end to be sent as ``expired``."""


class ChatRoom(Subscribers):
    """Holds the state and the subscribers of one chat.

    ``lock`` orders the reads of the store and the frames that follow from them; the text of a reply that runs in this
    process needs no read and does not wait for the lock. ``refcount`` counts references other than subscribers:
    pending joins and a reply task. chat_app/live/registry.py keeps the room while it is not 0.
    """

    def __init__(self, user_id: str) -> None:
        super().__init__()
        self.user_id = user_id
        self.lock = asyncio.Lock()
        self.session: Session | None = None
        self.replies_here = False
        self.refcount = 0
        self.observed = False
        self.last_words = ""
        self._last: Session | None = None
        self._waiting = False
        self._follower: asyncio.Task[None] | None = None

    @property
    def seq(self) -> int:
        """Returns the seq of the newest message that was sent to the subscribers."""
        return self.session.seq if self.session else 0

    async def join(self, tab: Subscriber, *, epoch: str = "", after: int | None = None) -> Frame:
        """Adds a subscriber and returns its ``welcome``.

        With the ``epoch`` and ``seq`` of an earlier welcome (``after``) it contains only the missing messages. Raises
        ``SessionNotFound`` if there is no session or the subscriber may not see it.
        """
        async with self.lock:
            found = await self._read()
            session = Session.from_row(found.session) if found else None
            if found is None or session is None or not tab.can_see(session):
                raise not_found(self.user_id)
            self.apply(found)
            self.flush()
            self.tabs.add(tab)
            return self._welcome(found, after if epoch == session.version else None)

    def leave(self, tab: Subscriber) -> None:
        """Removes a subscriber; a running reply continues."""
        self.tabs.discard(tab)

    async def catch_up(self) -> None:
        """Reads from the store what is missing in this room, and sends it to the subscribers."""
        async with self.lock:
            found = await self._read(after=self.seq)
            if found and self._drop_replaced(found):
                found = await self._read(after=self.seq)
            if found and not self._continues(found):
                found = await self._read()
            self.apply(found)

    def reminder(self, welcome: Frame) -> Frame | None:
        """Returns the ``safety`` frame to send after a ``welcome``, for danger that was found before.

        It shows the full help card if the danger was in the newest exchange. Returns None if no danger was found or
        if the subscriber resumed without missing messages.
        """
        session = self.session
        resumed = welcome.fields["recovered"] and not welcome.fields["messages"]
        if session is None or resumed or (level := level_of(session.safety)) == "none":
            return None
        return events.safety(level, card=session.seq - session.helped <= 1)

    async def apply_stored(self, stored: ChatMessage, *, expires_at_ms: int, help: bool = False) -> None:
        """Sends the subscribers a message that this process stored; ``help`` shows the full help card."""
        if stored.seq > self.seq + 1:
            await self.catch_up()
        async with self.lock:
            if self.session is None or stored.seq != self.seq + 1:
                return
            helped = stored.seq if help else self.session.helped
            self._note_safety(higher(level_of(self.session.safety), stored.safety), helped)
            self._send_message(stored)
            current = replace(self.session, last_activity=stored.timestamp, expires_at_ms=expires_at_ms)
            self._renew(replace(current, message_count=current.message_count + 1))

    async def _read(self, *, after: int | None = None) -> SessionSnapshot | None:
        read = operations.read(self.user_id, after=after, limit=settings.NONO_HISTORY_LIMIT)
        return await store.arun(read)

    def _continues(self, found: SessionSnapshot) -> bool:
        session = Session.from_row(found.session)
        return self.session is not None and self.session.version == session.version

    def _drop_replaced(self, found: SessionSnapshot) -> bool:
        """Sends ``replaced`` for the one reply that was replaced since the last read; returns whether it did.

        After several replacements it returns False, and the chat is reloaded.
        """
        session = Session.from_row(found.session)
        known = self.session
        if known is None or (known.epoch, known.revision + 1) != (session.epoch, session.revision):
            return False
        seq = int(found.session.get("replaced_seq", 0))
        self.session = replace(known, seq=min(known.seq, seq - 1), revision=session.revision)
        self.reply = None
        self.send(events.replaced(session, found.session.get("replaced", ""), seq))
        return True

    def apply(self, found: SessionSnapshot | None) -> None:
        """Applies a snapshot: appends new messages, ends the chat, or reloads it if the epoch changed."""
        if found is not None:
            self._drop_replaced(found)
        if found is None:
            self._end()
        elif self._continues(found):
            self._advance(found)
        else:
            self._reload(found)
        self._show_observer(present=found is not None and found.observed)
        self._waiting = found is not None and found.waiting
        if self._waiting and not self.replies_here and self._follower is None:
            loop = asyncio.get_running_loop()
            self._follower = loop.create_task(self._follow(), context=contextvars.Context())

    def _advance(self, found: SessionSnapshot) -> None:
        session = Session.from_row(found.session)
        self._note_safety(session.safety, session.helped)
        missing = session.seq - self.seq
        for raw in found.messages[-missing:] if missing > 0 else ():
            self._send_message(ChatMessage.from_json(raw))
        running = RunningReply.of(found)
        if running and not self.replies_here:
            known = self.reply
            if known is None or (known.reply_id, known.restarts) != (running.reply_id, running.restarts):
                self.begin_reply(known := replace(running, text="", phase=""))
            if running.waits_for != known.waits_for:
                known.phase, known.since = running.phase, running.since
                self.send(events.status(known))
            self.set_text(running.text)
        self._renew(session)

    def _end(self) -> None:
        if self.session is None:
            return
        expired = self.session.expires_at_ms <= time.time() * 1000 + CLOCK_SLACK_MS
        self.send(events.ended("expired" if expired else "cleared", self.session.version))
        self._last, self.session, self.reply = self.session, None, None
        self.last_words = ""

    def _reload(self, found: SessionSnapshot) -> None:
        """Sends every subscriber a new ``welcome``: the chat was emptied, has a new epoch, or a clear was undone.

        Also used when more than one reply was replaced since the last read.
        """
        before, self.session = self.session, Session.from_row(found.session)
        self.resume(RunningReply.of(found))
        said = (ChatMessage.from_json(raw) for raw in reversed(found.messages))
        self.last_words = next((message.content for message in said if message.role == "user"), "")
        for tab in [tab for tab in self.tabs if not tab.can_see(self.session)]:
            self.leave(tab)
            tab.evict()
        if before is not None and before.epoch != self.session.epoch:
            self.send(events.ended("cleared", before.version))
        elif before is None and self._last is not None and self._last.epoch == self.session.epoch:
            self.send(events.ended("restored", self.session.version))
        if self.tabs:
            self._show_observer(present=False)  # the presence is sent again after the welcome
            welcome = self._welcome(found, None)
            self.send(welcome)
            if reminder := self.reminder(welcome):
                self.send(reminder)

    def _note_safety(self, level: str, helped: int) -> None:
        if self.session is not None:
            self.session = replace(self.session, safety=level, helped=helped)

    def _send_message(self, stored: ChatMessage) -> None:
        if self.session is not None:
            self.session = replace(self.session, seq=stored.seq)
        if stored.role == "user":
            self.last_words = stored.content
            self.send(events.message(stored))
            if stored.safety != "none":
                self.send(events.safety(stored.safety, card=self.session is None or self.session.helped == stored.seq))
            return
        if self.reply is None or self.reply.reply_id != stored.id:
            origin = stored.metadata
            self.begin_reply(
                RunningReply(stored.id, int(origin.get("in_reply_to", 0)), int(origin.get("context_from", 1)))
            )
        self.set_text(stored.content)
        self.reply = None
        self.send(events.complete(stored))

    def _show_observer(self, *, present: bool) -> None:
        if self.observed != present:
            self.observed = present
            self.send(events.observer(present=present))

    def _renew(self, session: Session) -> None:
        """Stores ``session`` and sends it if its expiry, persona or metadata changed, not for a new count alone."""
        known, self.session = self.session, session
        shown = (session.expires_at_ms, session.persona, session.metadata)
        if known is None or (known.expires_at_ms, known.persona, known.metadata) != shown:
            self.send(events.session(session))

    def _welcome(self, found: SessionSnapshot, after: int | None) -> Frame:
        session = Session.from_row(found.session)
        oldest = session.seq - len(found.messages) + 1
        recovered = after is not None and oldest - 1 <= after <= session.seq
        missing = found.messages[after - oldest + 1 :] if recovered and after is not None else found.messages
        messages = [ChatMessage.from_json(raw) for raw in missing]
        return events.welcome(session, recovered=recovered, messages=messages, reply=self.reply)

    async def _follow(self) -> None:
        """Calls ``catch_up`` every ``FOLLOW`` seconds while another process writes a reply."""
        try:
            while self.tabs and self._waiting and not self.replies_here:
                await asyncio.sleep(FOLLOW)
                await self.catch_up()
        except StoreUnavailable:
            pass  # the reconciler reads again
        finally:
            self._follower = None
