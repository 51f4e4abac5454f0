"""Websocket consumer of the chat page."""

from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async

from chat_app import conversation
from chat_app.consumers.observing import ChatRoomConsumer
from chat_app.live import events
from chat_app.live.presence import TranscriptView
from chat_app.live.room import ChatRoom
from chat_app.schemas import (
    ContinueFrame,
    ExtendFrame,
    MessageFrame,
    PingFrame,
    RegenerateFrame,
    StopFrame,
    read_frame,
)
from nono.errors import InvalidRequest
from sessions_app import audit
from sessions_app.access import Visitor, admit, may_see, observes
from sessions_app.manager import SessionManager
from sessions_app.names import clean_user_id
from sessions_app.session import Session, not_found
from sessions_app.visitors import OPERATORS, visitor_of_socket

sessions = SessionManager()


class ChatConsumer(ChatRoomConsumer):
    """Passes frames between one socket and its chat (chat_app/live/room.py)."""

    kind = "chat"
    permissions = OPERATORS
    visitor: Visitor

    async def on_connect(self) -> None:
        """Joins the chat, resuming where an earlier socket left it, and queues the ``welcome``."""
        self.visitor = await visitor_of_socket(self.scope)
        user_id = clean_user_id(self.scope["url_route"]["kwargs"]["user_id"])
        epoch, after = resume_point(self.scope["query_string"])
        # First of all, so that a chat of another visitor takes as much time as one that does not exist.
        session = admit(self.visitor, await sessions.aget_session(user_id))
        await self.places.acquire_for_session(user_id)
        if observes(self.visitor, session):
            await database_sync_to_async(audit.note)(self.visitor, session, "Opened the chat on the visitors' page.")
            await self.observe(TranscriptView.of(session, self.visitor.operator))
        room, welcome = await self.follow(user_id, epoch, after)
        if reminder := room.reminder(welcome):
            self.send_frame(reminder)
        if room.observed:
            self.send_frame(events.observer(present=True))

    async def on_frame(self, content: Any) -> None:
        """Dispatches one frame and returns without waiting for a reply, so that a reply never blocks the next frame."""
        match read_frame(content), self.room:
            case PingFrame(), _:
                self.send_frame(events.pong())
            case MessageFrame(text=text, client_id=client_id), ChatRoom() as room:
                remembered = await conversation.receive(room, self.visitor, text, client_id=client_id or "")
                if remembered.duplicate:
                    self.send_frame(events.message(remembered.message, duplicate=True))
            case StopFrame(), ChatRoom() as room:
                await conversation.stop(room, self.visitor)
            case RegenerateFrame(), ChatRoom() as room:
                await conversation.regenerate(room, self.visitor)
            case ContinueFrame(), ChatRoom() as room:
                await conversation.continue_reply(room, self.visitor)
            case ExtendFrame(), ChatRoom(session=Session() as session, user_id=user_id):
                admit(self.visitor, session)
                await sessions.aextend(user_id, epoch=session.epoch)
                await self.catch_up()
            case _, room:
                raise not_found(room.user_id if room else "")

    def can_see(self, session: Session) -> bool:
        """Returns ``may_see``; an operator sees only the session whose visitor was notified."""
        return may_see(self.visitor, session) and (not observes(self.visitor, session) or self.is_read(session))


def resume_point(query_string: bytes) -> tuple[str, int | None]:
    """Parses ``?epoch=<e>&after=<seq>``; raises ``InvalidRequest`` if ``after`` is not a whole number."""
    query = {name: values[-1] for name, values in parse_qs(query_string.decode("latin-1")).items()}
    after = query.get("after", "")
    if after and not (after.isascii() and after.isdigit() and len(after) < 16):
        raise InvalidRequest(f"after is {after[:40]!r}; allowed is a whole number, the seq of a message.")
    return query.get("epoch", ""), int(after) if after else None
