"""One open chat as this process knows it, told to all of its tabs in order.

A room is a copy of what the store says, brought forward in two ways: at once, by what happens in this
process, and by ``catch_up``, which reads what is missing, whenever the doorbell rings or the watch sees a
difference. What a tab gets depends on the store alone, so a lost bell costs time and never text.
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
"""Seconds between two readings of a reply that another process is saying."""

CLOCK_SLACK_MS = 500
"""By how much this machine's clock may lag behind the store's and an expiry still be told as one."""


class ChatRoom(Subscribers):
    """Holds the state of one chat beside its tabs.

    ``lock`` keeps readings of the store and their telling in order; what is said while a reply runs in this
    process needs no reading and does not wait for it. ``holders`` counts who needs the room beside its tabs: tabs on
    the way in, and a run. While there is one, open_chats.py does not forget it.
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
        """Returns the seq of the newest message that the tabs know."""
        return self.session.seq if self.session else 0

    async def join(self, tab: Subscriber, *, epoch: str = "", after: int | None = None) -> Frame:
        """Adds a tab and returns its ``welcome``; raises ``SessionNotFound``, also where it is not the tab's to see.

        With the ``epoch`` and ``after`` of an earlier welcome only the missing messages are in it.
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
        """Removes a tab; a reply that runs goes on."""
        self.tabs.discard(tab)

    async def catch_up(self) -> None:
        """Reads what the store has and this room has not, and tells the tabs."""
        async with self.lock:
            found = await self._read(after=self.seq)
            if found and self._drop_replaced(found):
                found = await self._read(after=self.seq)
            if found and not self._continues(found):
                found = await self._read()
            self.apply(found)

    def reminder(self, welcome: Frame) -> Frame | None:
        """Returns what a tab is to be told, after its ``welcome``, of danger that was found before.

        In full where that was the newest exchange; None where nothing was found, or where the tab knows it already.
        """
        session = self.session
        resumed = welcome.fields["recovered"] and not welcome.fields["messages"]
        if session is None or resumed or (level := level_of(session.safety)) == "none":
            return None
        return events.safety(level, card=session.seq - session.helped <= 1)

    async def apply_stored(self, stored: ChatMessage, *, expires_at_ms: int, help: bool = False) -> None:
        """Tells the tabs of a message that this process stored, and with ``help`` that help is due in full."""
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
        """Takes back the reply that was replaced since the last reading; of several, all is told anew."""
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
        """Brings room and tabs to what was read: on, to an end, or to another life of the name."""
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
        """Every tab reads the chat from the start: it was emptied, its name has a new life, or a clear was undone.

        So too where more replies were replaced since the last reading than can be told one by one.
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
            self._show_observer(present=False)  # who is there is said again after the welcome
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
        """Tells of a changed clock, persona or metadata; the count goes with its message."""
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
        """Reads on while another process says a reply."""
        try:
            while self.tabs and self._waiting and not self.replies_here:
                await asyncio.sleep(FOLLOW)
                await self.catch_up()
        except StoreUnavailable:
            pass  # the watch reads again
        finally:
            self._follower = None
