"""The flow of a message: rate limit, session, store the message, reply, store the reply.

The websocket passes messages on and returns; ``POST /api/chat`` attaches one more subscriber to the same reply.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings

from chat_app import responders
from chat_app.live import events, reconciler, replies
from chat_app.live.events import Frame
from chat_app.live.registry import get_room, release
from chat_app.live.room import ChatRoom
from chat_app.live.subscriber import Subscriber
from chat_app.memory import ChatMemoryManager, StoredMessage
from chat_app.messages import ChatMessage
from chat_app.safety import Assessment, assess
from nono import rate_limits, store
from nono.errors import InvalidRequest, NonoError, ReplyFailed, SessionNotFound
from nono.metrics import counters
from nono.realtime import notifications
from nono.store import operations
from sessions_app.access import Visitor, may_see
from sessions_app.manager import SessionManager
from sessions_app.session import Session, not_found
from sessions_app.times import moment

SLACK_S: Final = 60
"""Seconds for which a call waits for a reply beyond LLM_TIMEOUT."""

memory = ChatMemoryManager()
sessions = SessionManager()


async def join(user_id: str, tab: Subscriber, *, epoch: str = "", after: int | None = None) -> tuple[ChatRoom, Frame]:
    """Attaches a subscriber to a chat and returns its room and the ``welcome``; raises ``SessionNotFound``."""
    room = get_room(user_id)
    room.refcount += 1
    try:
        async with store.in_time():
            welcome = await room.join(tab, epoch=epoch, after=after)
    finally:
        room.refcount -= 1
        release(room)
    reconciler.start()
    return room, welcome


def leave(room: ChatRoom, tab: Subscriber) -> None:
    """Detaches a subscriber from a chat; a running reply continues."""
    room.leave(tab)
    release(room)


async def receive(room: ChatRoom, visitor: Visitor, text: str, *, client_id: str = "") -> StoredMessage:
    """Stores a visitor's message, sends it as its acknowledgement, and starts the reply.

    The same ``client_id`` is stored once. Raises ``RateLimited``, ``SessionNotFound``, ``StoreUnavailable``; even then
    help is shown if danger was found in the message (docs/safety.md).
    """
    session = _admitted(room, visitor)
    found = assess(text, room.last_words)
    try:
        await rate_limits.allow_message(session.session_id)
        remembered = await memory.aadd_message(
            room.user_id, "user", text, _metadata(found), id=client_id, epoch=session.epoch
        )
    except NonoError as refused:
        if found.card:
            room.send(events.safety(found.level, card=True))
            refused.members["safety"] = {"level": found.level, "card": True}
        raise
    if not remembered.duplicate:
        counters.count("safety", level=found.level, language=found.language)
        counters.count("messages")
        await room.apply_stored(remembered.message, expires_at_ms=remembered.expires_at_ms, help=remembered.help)
        await notifications.apublish(room.user_id)
    replies.start(room.user_id, session.epoch)
    return remembered


async def stop(room: ChatRoom, visitor: Visitor) -> None:
    """Ends the running reply, in whichever process; does nothing if none runs."""
    await replies.stop(room.user_id, _admitted(room, visitor).epoch)


async def regenerate(room: ChatRoom, visitor: Visitor) -> None:
    """Removes the last reply and starts another in its place.

    Raises ``InvalidRequest`` if a reply runs or the last message is not a reply, and otherwise as ``receive`` does.
    """
    refusals = {
        "busy": "A reply is being written; another can take its place when it has ended.",
        "none": "The last message of this chat is no reply, so there is none to replace.",
    }
    session = _admitted(room, visitor)
    await _request_reply(room, session, operations.regenerate(room.user_id, session.epoch), "replaced", refusals)
    await room.catch_up()
    await notifications.apublish(room.user_id)
    replies.start(room.user_id, session.epoch)


async def continue_reply(room: ChatRoom, visitor: Visitor) -> None:
    """Starts a reply of its own that continues the last reply.

    Raises ``InvalidRequest`` if a reply runs or the last one was not cut, and otherwise as ``receive`` does.
    """
    refusals = {
        "busy": "A reply is being written; the rest of the last one can be asked for when it has ended.",
        "whole": "The last message of this chat is no reply that was cut at the length limit.",
    }
    session = _admitted(room, visitor)
    await _request_reply(room, session, operations.continue_reply(room.user_id, session.epoch), "asked", refusals)
    await notifications.apublish(room.user_id)
    replies.start(room.user_id, session.epoch)


async def _request_reply(
    room: ChatRoom, session: Session, request: store.Operation[Any], granted: str, refusals: Mapping[str, str]
) -> None:
    """Runs an operation that makes a message wait for a reply; raises for every outcome but ``granted``."""
    await rate_limits.allow_message(session.session_id)
    outcome = await store.arun(request)
    if outcome in refusals:
        raise InvalidRequest(refusals[outcome])
    if outcome != granted:
        raise not_found(room.user_id)


class Listener:
    """Subscriber for one HTTP request: queues the frames that it waits for."""

    def __init__(self, visitor: Visitor) -> None:
        self.frames: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._visitor = visitor

    def can_see(self, session: Session) -> bool:
        """Returns ``may_see`` for the visitor of the request."""
        return may_see(self._visitor, session)

    def send_frame(self, frame: Frame) -> None:
        """Queues the frame."""
        self.frames.put_nowait(frame)

    def evict(self) -> None:
        """Queues None, which ends the wait."""
        self.frames.put_nowait(None)


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished reply, the session after it, and the safety level found in the message, None without danger."""

    session: Session
    message: ChatMessage
    safety: dict[str, Any] | None = None


async def stream(user_id: str, visitor: Visitor, text: str, *, client_id: str = "") -> AsyncGenerator[Frame, None]:
    """Sends ``text`` to a chat and yields the frames that follow, from ``message`` to ``complete``.

    Raises as ``receive`` does, and ``ReplyFailed`` if no reply came in time.
    """
    listener = Listener(visitor)
    room, welcome = await join(user_id, listener)
    try:
        remembered = await receive(room, visitor, text, client_id=client_id)
        seq = remembered.message.seq
        if remembered.duplicate:
            yield events.message(remembered.message, duplicate=True)
            if (level := remembered.message.safety) != "none":
                yield events.safety(level, card=True)
            earlier = [one for one in welcome.fields["messages"] if _answers(one, seq)]
            if earlier:
                yield events.complete(ChatMessage(**earlier[0]))
                return
        patience = settings.LLM_TIMEOUT + SLACK_S
        give_up = time.monotonic() + patience
        while frame := await asyncio.wait_for(listener.frames.get(), give_up - time.monotonic()):
            if frame.type in {"cleared", "expired"}:
                break
            if frame.type in {"message", "safety", "start", "status", "chunk", "complete"}:
                yield frame
            if frame.type == "complete" and _answers(frame.fields["message"], seq):
                return
        raise SessionNotFound(f"The session {user_id!r} ended before its reply did.")
    except TimeoutError:
        raise ReplyFailed(f"No reply came within {patience:g} s. The message is kept.") from None
    finally:
        leave(room, listener)


async def ask(user_id: str, visitor: Visitor, text: str, *, client_id: str = "") -> Answer:
    """Sends ``text`` to a chat and returns the reply; raises as ``stream`` does, and ``ReplyFailed`` if it failed."""
    found: dict[str, Any] = {}
    try:
        async with aclosing(stream(user_id, visitor, text, client_id=client_id)) as run:
            async for frame in run:
                found = _notice(frame) or found
        if frame.fields["state"] == "error" or not frame.fields["response"]:
            raise _failure(frame.fields["message"]["metadata"])
    except NonoError as refused:
        refused.members.update(found)
        raise
    return Answer(await sessions.aget_session(user_id), ChatMessage(**frame.fields["message"]), found.get("safety"))


def _failure(told: dict[str, Any]) -> ReplyFailed:
    """Returns the error for a failed reply, in words for visitors, with the time to retry if one is known."""
    sentence = responders.VISITOR_SENTENCES.get(str(told.get("reason")), "The persona could not answer.")
    retry_at, retry_after = str(told.get("retry_at", "")), None
    if retry_at:
        left = (datetime.fromisoformat(retry_at) - datetime.now(UTC)).total_seconds()
        retry_after = max(math.ceil(left), 1)
    when = f"try again at {moment(retry_at)}" if retry_at else "please try again"
    return ReplyFailed(f"{sentence} The message is kept; {when}.", retry_after=retry_after)


def _notice(frame: Frame) -> dict[str, Any]:
    if frame.type != "safety":
        return {}
    return {"safety": {name: frame.fields[name] for name in ("level", "card")}}


def _metadata(found: Assessment) -> dict[str, Any]:
    return {"safety": found.level} if found.card else {}


def _admitted(room: ChatRoom, visitor: Visitor) -> Session:
    if room.session is None or not may_see(visitor, room.session):
        raise not_found(room.user_id)
    return room.session


def _answers(message: dict[str, Any], seq: int) -> bool:
    return message["role"] == "assistant" and int(message["metadata"].get("in_reply_to", 0)) >= seq
