"""Reply tasks: a reply belongs to the message it answers, not to a socket, and runs in a task of its own.

A lease in the store allows one task at a time per session over all processes. Text goes directly to this process's
subscribers, and through chat_app/live/reply_writer.py to the store, where other processes and later subscribers
read it.
"""

import asyncio
import contextlib
import contextvars
import logging
import time
import uuid
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, Literal
from weakref import WeakKeyDictionary

from django.conf import settings

from chat_app import responders
from chat_app.context import ContextWindow, context_window
from chat_app.live import events
from chat_app.live.events import RunningReply
from chat_app.live.guarded_reply import safe_reply
from chat_app.live.registry import get_room, release
from chat_app.live.reply_writer import writer
from chat_app.live.room import ChatRoom
from chat_app.memory import append_of
from chat_app.messages import ChatMessage, new_message
from chat_app.responders.parts import ContextCut, Finished, Progress, ReplyPart, TakenBack, Thought
from nono import logs, store
from nono.errors import ReplyFailed, ReplyInterrupted, StoreUnavailable
from nono.metrics import counters
from nono.realtime import notifications
from nono.store import Operation, operations
from nono.store.operations import AppendResult, LeaseResult
from sessions_app.session import Session

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""Number of times a reply is started before it ends as ``interrupted``: once, and twice after a process died."""

STORE_PATIENCE = 60
"""Seconds for which the storing of a finished reply is retried while the store is unavailable."""

MAX_REASONING_KEPT = 20_000
"""Maximum characters of a model's reasoning that are stored with its reply, if reasoning is shown."""

State = Literal["done", "stopped", "interrupted", "error"]

_tasks: set[asyncio.Task[None]] = set()
_runs: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, "ReplyTask"]] = WeakKeyDictionary()


def start(user_id: str, epoch: str) -> None:
    """Starts a reply task for the unanswered messages of a session, or makes the running one check them again."""
    runs = _runs.setdefault(asyncio.get_running_loop(), {})
    if user_id in runs:
        runs[user_id].look_again(epoch)
        return
    run = runs[user_id] = ReplyTask(get_room(user_id), epoch, runs)
    run.task = _spawn(run.answer_all())


async def stop(user_id: str, epoch: str) -> None:
    """Ends the running reply of a session, if any, in this or another process; its text so far is kept."""
    run = _runs.get(asyncio.get_running_loop(), {}).get(user_id)
    if run is None or not run.stop():
        await store.arun(operations.stop(user_id, epoch))


def running() -> int:
    """Returns the number of reply tasks in this event loop."""
    return len(_runs.get(asyncio.get_running_loop(), {}))


counters.register_gauge("replies_running", lambda: sum(len(runs) for runs in list(_runs.values())))


async def drain(grace: float) -> None:
    """Waits up to ``grace`` seconds for running replies, then releases the leases of the others.

    Another process starts those again.
    """
    if _tasks:
        await asyncio.wait(_tasks, timeout=grace)
    for run in list(_runs.get(asyncio.get_running_loop(), {}).values()):
        await run.release()
    await responders.aclose()


def _spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Starts a detached task: own ``contextvars.Context``, strong reference until done."""
    task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


class ReplyTask:
    """Writes the replies of one session under its lease, one after the other, until no message is unanswered."""

    def __init__(self, room: ChatRoom, epoch: str, runs: dict[str, "ReplyTask"]) -> None:
        self.room = room
        room.refcount += 1
        self.user_id = room.user_id
        self.epoch = epoch
        self._due: str | None = epoch
        self.lease = f"{notifications.PROCESS}:{uuid.uuid4().hex}"
        self._runs = runs
        self.task: asyncio.Task[None] | None = None
        self._saying: asyncio.Task[None] | None = None
        self._end: State = "done"
        self._told: dict[str, Any] = {}
        self._began_at = 0.0

    async def answer_all(self) -> None:
        """Replies while messages are unanswered; after ``StoreUnavailable`` the reconciler starts a new task."""
        try:
            while self._due is not None:
                self.epoch, self._due = self._due, None
                await self._answer_what_is_due()
        except StoreUnavailable as error:
            logger.warning("a reply could not be stored: %s", error.detail)
            self.room.send(events.error(ReplyFailed("The reply could not be kept. It will be begun again.")))
        finally:
            del self._runs[self.user_id]
            self.room.replies_here = False
            self.room.refcount -= 1
            release(self.room)

    def look_again(self, epoch: str) -> None:
        """Checks again for unanswered messages; if the epoch changed, the current reply is ended."""
        self._due = epoch
        if epoch != self.epoch:
            self.lease_lost()

    def lease_lost(self) -> None:
        """Ends the current reply, because another task holds the lease."""
        self._cancel("interrupted")

    def stop(self) -> bool:
        """Ends the current reply on request; returns whether one was running."""
        return self._cancel("stopped")

    async def release(self) -> None:
        """Cancels the task and releases its lease, so that another process starts the reply again."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])
        with contextlib.suppress(StoreUnavailable):
            await store.arun(operations.release_lease(self.user_id, self.lease))

    async def _answer_what_is_due(self) -> None:
        begun, reply_id = await self._begin()
        while begun.outcome == "begun":
            self.room.replies_here = True
            appended = await self._answer(begun, reply_id)
            self.room.replies_here = False
            if appended.outcome != "stored":
                await store.arun(operations.release_lease(self.user_id, self.lease))
                await self.room.catch_up()
            if not appended.more:
                return
            begun, reply_id = await self._begin()

    async def _begin(self) -> tuple[LeaseResult, str]:
        self._began_at = time.monotonic()
        reply_id = str(uuid.uuid4())
        limit = settings.NONO_CONTEXT_MESSAGES
        return await store.arun(
            operations.acquire_reply(self.user_id, self.epoch, self.lease, limit, reply_id)
        ), reply_id

    async def _answer(self, begun: LeaseResult, reply_id: str) -> AppendResult:
        logs.belongs_to(reply_id=reply_id, session=logs.mark_of(self.user_id))
        session = Session.from_row(begun.session or {})
        window = context_window(session, [ChatMessage.from_json(raw) for raw in begun.messages])
        reply = RunningReply(reply_id, begun.asked, window.context_from)
        self.room.begin_reply(reply)
        writer.follow(self, reply)
        try:
            state = await self._say(reply, window, begun)
        finally:
            writer.unfollow(self)
        metadata = {
            "state": state,
            "persona": session.persona,
            "in_reply_to": reply.in_reply_to,
            "context_from": reply.context_from,
            **({"continues": True} if window.is_continued else {}),
            **self._told,
        }
        return await self._keep(new_message("assistant", reply.text, id=reply.reply_id, metadata=metadata))

    async def _say(self, reply: RunningReply, window: ContextWindow, begun: LeaseResult) -> State:
        """Writes the reply and returns the state in which it ended."""
        self._told = {}
        if begun.stopped or begun.attempts > MAX_ATTEMPTS:
            self.room.append_text(reply, begun.text)
            return "stopped" if begun.stopped else "interrupted"
        self._end = "done"
        self._saying = asyncio.create_task(self._stream(reply, window))
        try:
            await asyncio.wait([self._saying])
        finally:
            self._saying.cancel()  # if this task itself is cancelled
        try:
            self._saying.result()
        except ReplyInterrupted as error:
            logger.warning("a reply broke off: %s", error.detail)
            self._fail("interrupted", error)
        except ReplyFailed as error:
            logger.warning("a reply failed: %s", error.detail)
            self._fail("error", error)
        except asyncio.CancelledError:
            if self._end == "done":  # not ended on request: the responder cancelled itself
                logger.error("a responder was cancelled from within")
                self._fail("error", ReplyFailed("", reason="internal"))
        except Exception as error:
            logger.error("a responder failed", exc_info=error)
            self._fail("error", ReplyFailed("", reason="internal"))
        return self._end

    def _fail(self, end: State, error: ReplyFailed) -> None:
        self._end = end
        self._told |= {"reason": error.reason} if error.reason else {}
        self._told |= {"retry_at": error.retry_at} if error.retry_at else {}

    def _cancel(self, end: State) -> bool:
        if self._saying is None or self._saying.done():
            return False
        self._end = end
        return self._saying.cancel()

    async def _stream(self, reply: RunningReply, window: ContextWindow) -> None:
        async with contextlib.aclosing(safe_reply(window)) as parts:
            async for part in parts:
                self._take(reply, part)

    def _take(self, reply: RunningReply, part: ReplyPart) -> None:
        match part:
            case str():
                if not reply.text:
                    counters.observe("first_token_seconds", time.monotonic() - self._began_at)
                self.room.append_text(reply, part)
            case Progress(phase):
                self.room.enter_phase(reply, phase)
            case Thought(text):
                thought = self._told.get("reasoning", "") + text
                self._told["reasoning"] = thought[:MAX_REASONING_KEPT]
            case TakenBack():
                self.room.take_back(reply)
            case ContextCut(context_from):
                self.room.cut_context(reply, context_from)
            case Finished(reason):
                self._told["finish_reason"] = reason

    async def _keep(self, message: ChatMessage) -> AppendResult:
        """Stores the finished reply, once per answered message, and then sends it and notifies other processes."""
        answered = message.metadata["in_reply_to"]
        append = append_of(
            self.user_id, self.epoch, f"reply:{answered}", message, in_reply_to=answered, lease=self.lease
        )
        appended = await self._patiently(append)
        if appended.outcome == "stored":
            counters.count("replies", state=message.metadata["state"])
            counters.observe("reply_seconds", time.monotonic() - self._began_at)
            seconds = round(time.monotonic() - self._began_at, 1)
            logger.info("reply", extra={"state": message.metadata["state"], "seconds": seconds})
            await self.room.apply_stored(replace(message, seq=appended.seq), expires_at_ms=appended.expires_at_ms)
            await notifications.apublish(self.user_id)
        return appended

    @staticmethod
    async def _patiently(append: Operation[AppendResult]) -> AppendResult:
        give_up = time.monotonic() + STORE_PATIENCE
        while True:
            try:
                return await store.arun(append)
            except StoreUnavailable:
                if time.monotonic() > give_up:
                    raise
                await asyncio.sleep(0.5)
