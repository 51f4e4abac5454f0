"""Replies: each belongs to the message it answers, not to a socket, and runs as a task of its own.

One run at a time per session, over all processes, by a lease in the store. Text goes to this process's tabs
at once and to the reply's stream in the store every 100 ms, where other processes and later tabs read it.
"""

import asyncio
import contextlib
import contextvars
import logging
import time
import uuid
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings

from chat_app import frames, responders
from chat_app.feed import Feed, close_if_idle, feed_of
from chat_app.frames import RunningReply
from chat_app.memory import ChatMessage, ContextWindow, append_of, context_window, new_message
from nono import doorbell, operations, store
from nono.errors import ReplyFailed, StoreUnavailable
from nono.operations import Appended, Begun
from nono.store import Operation
from sessions_app.session import Session

logger = logging.getLogger(__name__)

TELL_STORE = 0.1
"""Seconds between two writes of a reply's text to the store."""

RENEW = 3.0
"""Seconds between two renewals of the lease of a reply that says nothing."""

MAX_ATTEMPTS = 3
"""How often a reply is begun before it is given up as ``interrupted``: once, and twice after a process died."""

STORE_PATIENCE = 60
"""Seconds for which a finished reply waits for a store that is away."""

_tasks: set[asyncio.Task[None]] = set()
_runs: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, "Run"]] = WeakKeyDictionary()


def start(user_id: str, epoch: str) -> None:
    """Sees to it that what is unanswered in a session gets its reply, by this process or the one that has begun."""
    runs = _runs.setdefault(asyncio.get_running_loop(), {})
    if user_id in runs:
        runs[user_id].due = True
        return
    run = runs[user_id] = Run(feed_of(user_id), epoch, runs)
    run.task = _spawn(run.answer_all())


def running() -> int:
    """Returns how many runs this process has."""
    return len(_runs.get(asyncio.get_running_loop(), {}))


async def drain(grace: float) -> None:
    """Lets running replies end for ``grace`` seconds and hands the others over to whoever sees them next."""
    if _tasks:
        await asyncio.wait(_tasks, timeout=grace)
    for run in list(_runs.get(asyncio.get_running_loop(), {}).values()):
        await run.hand_over()


def _spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Starts a task that nobody's end ends: in a context of its own, with a reference kept."""
    task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


class Run:
    """The replies that one holder of a session's lease gives, one after the other, until nothing is unanswered."""

    def __init__(self, feed: Feed, epoch: str, runs: dict[str, "Run"]) -> None:
        self.feed = feed
        self.epoch = epoch
        self.due = True
        self.lease = f"{doorbell.PROCESS}:{uuid.uuid4().hex}"
        self._runs = runs
        self.task: asyncio.Task[None] | None = None
        self._saying: asyncio.Task[None] | None = None
        self._lost = False

    async def answer_all(self) -> None:
        """Answers while something is unanswered; what the store's absence leaves undone, the watch begins again."""
        try:
            while self.due:
                self.due = False
                await self._answer_what_is_due()
        except StoreUnavailable as error:
            logger.warning("a reply could not be stored: %s", error.detail)
            self.feed.tell(frames.error(ReplyFailed("The reply could not be kept. It will be begun again.")))
        finally:
            del self._runs[self.feed.user_id]
            self.feed.runs_here = False
            close_if_idle(self.feed)

    def lose(self) -> None:
        """Ends the saying of a reply whose lease is not this run's any more."""
        self._lost = True
        if self._saying is not None:
            self._saying.cancel()

    async def hand_over(self) -> None:
        """Ends the run at once and lets go of its lease, so that another process begins the reply again."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])
        with contextlib.suppress(StoreUnavailable):
            await store.arun(operations.yield_lease(self.feed.user_id, self.lease))

    async def _answer_what_is_due(self) -> None:
        begin = operations.begin(self.feed.user_id, self.epoch, self.lease, settings.NONO_CONTEXT_MESSAGES)
        begun = await store.arun(begin)
        while begun.outcome == "begun":
            self.feed.runs_here = True
            appended = await self._answer(begun)
            self.feed.runs_here = False
            if appended.outcome != "stored":
                await store.arun(operations.yield_lease(self.feed.user_id, self.lease))
                await self.feed.catch_up()
            if not appended.more:
                return
            begun = await store.arun(begin)

    async def _answer(self, begun: Begun) -> Appended:
        session = Session.from_row(begun.session or {})
        window = context_window(session, [ChatMessage.from_json(raw) for raw in begun.messages])
        reply = RunningReply(str(uuid.uuid4()), begun.asked, window.context_from)
        self.feed.begin_reply(reply)
        scribe.follow(self, reply)
        try:
            state = await self._say(window, begun)
        finally:
            scribe.unfollow(self)
        origin = {"state": state, "persona": session.persona}
        place = {"in_reply_to": reply.in_reply_to, "context_from": reply.context_from}
        return await self._keep(new_message("assistant", reply.text, id=reply.reply_id, metadata=origin | place))

    async def _say(self, window: ContextWindow, begun: Begun) -> str:
        """Says the reply and returns the state in which it ended."""
        if begun.attempts > MAX_ATTEMPTS:
            self.feed.hear(begun.text)
            return "interrupted"
        self._lost = False
        self._saying = asyncio.create_task(self._stream(window))
        try:
            await self._saying
        except asyncio.CancelledError:
            if not self._lost:
                raise
            return "interrupted"
        except ReplyFailed as error:
            logger.warning("a reply failed: %s", error.detail)
            return "error"
        return "done"

    async def _stream(self, window: ContextWindow) -> None:
        async for text in responders.responder().stream(window):
            self.feed.hear(text)

    async def _keep(self, message: ChatMessage) -> Appended:
        """Stores the finished reply, once per answered message, and only then tells of it."""
        answered = message.metadata["in_reply_to"]
        append = append_of(
            self.feed.user_id, self.epoch, f"reply:{answered}", message, in_reply_to=answered, lease=self.lease
        )
        appended = await self._patiently(append)
        if appended.outcome == "stored":
            await self.feed.remember(replace(message, seq=appended.seq), expires_at_ms=appended.expires_at_ms)
            await doorbell.aring(self.feed.user_id)
        return appended

    @staticmethod
    async def _patiently(append: Operation[Appended]) -> Appended:
        give_up = time.monotonic() + STORE_PATIENCE
        while True:
            try:
                return await store.arun(append)
            except StoreUnavailable:
                if time.monotonic() > give_up:
                    raise
                await asyncio.sleep(0.5)


class Scribe:
    """Writes what all runs of the process say to the store, in one round trip every 100 ms."""

    def __init__(self) -> None:
        self._pages: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Run, _Page]] = WeakKeyDictionary()

    def follow(self, run: Run, reply: RunningReply) -> None:
        """Begins to write down what ``run`` says."""
        pages = self._pages.setdefault(asyncio.get_running_loop(), {})
        pages[run] = _Page(reply)
        if len(pages) == 1:
            _spawn(self._write(pages))

    def unfollow(self, run: Run) -> None:
        """Stops writing for ``run``."""
        self._pages[asyncio.get_running_loop()].pop(run, None)

    @staticmethod
    async def _write(pages: dict[Run, "_Page"]) -> None:
        while pages:
            await asyncio.sleep(TELL_STORE)
            due = [(run, entry) for run, page in pages.items() for entry in page.entries()]
            if not due:
                continue
            try:
                held = await store.arun_all([operations.say(run.feed.user_id, run.lease, entry) for run, entry in due])
            except StoreUnavailable:
                continue  # tabs of this process go on; the reply's end waits for the store
            for (run, _), holds in zip(due, held, strict=True):
                if not holds and run in pages:
                    run.lose()


class _Page:
    """How much of a reply is written down."""

    def __init__(self, reply: RunningReply) -> None:
        self._reply = reply
        self._written = -1
        self._renewed_at = 0.0

    def entries(self) -> Iterator[dict[str, str]]:
        """Yields what is to be written now: the start once, new text, or an empty entry to renew the lease."""
        reply, now = self._reply, time.monotonic()
        if self._written < 0:
            self._written = 0
            yield {
                "reply_id": reply.reply_id,
                "in_reply_to": str(reply.in_reply_to),
                "context_from": str(reply.context_from),
            }
        elif self._written == len(reply.text) and now - self._renewed_at < RENEW:
            return
        elif self._written == len(reply.text):
            yield {}
        if self._written < len(reply.text):
            text, self._written = reply.text[self._written :], len(reply.text)
            yield {"text": text}
        self._renewed_at = now


scribe = Scribe()
