"""ChatMemoryManager: stores, reads and deletes the messages of sessions."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from chat_app.context import ContextWindow, context_window
from chat_app.messages import ChatMessage, Role, new_message
from nono import store
from nono.realtime import notifications
from nono.store import Operation, operations
from nono.store.operations import AppendResult, SessionSnapshot
from nono.web.strict_json import text_of
from sessions_app.session import Session, not_found


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A stored message; ``duplicate`` is true if its id had been stored before.

    ``expires_at_ms`` is the session's new expiry, 0 for a duplicate, which does not set the TTL. ``help`` is true if
    the full help card is due because of the message.
    """

    message: ChatMessage
    duplicate: bool
    expires_at_ms: int
    help: bool = False


_NOTHING = text_of(ChatMessage("assistant", "", "").to_dict()).encode()
"""Replacement for an element of a damaged list that is not a message."""


@dataclass(frozen=True, slots=True)
class History:
    """A session with some of its messages, in their stored JSON."""

    session: Session
    raw_messages: tuple[bytes, ...]

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """Returns the parsed messages."""
        return tuple(self)

    def __len__(self) -> int:
        """Returns the number of messages."""
        return len(self.raw_messages)

    def __iter__(self) -> Iterator[ChatMessage]:
        """Parses the messages one by one, oldest first."""
        return map(ChatMessage.from_json, self.raw_messages)

    def to_json(self) -> bytes:
        """Returns the response body of the history call, with the stored JSON passed through unparsed."""
        head = text_of(
            {
                "user_id": self.session.user_id,
                "session_id": self.session.session_id,
                "persona": self.session.persona,
                "message_count": self.session.message_count,
            }
        )
        whole = (raw if raw[:1] == b"{" and raw[-1:] == b"}" else _NOTHING for raw in self.raw_messages)
        return head[:-1].encode() + b',"messages":[' + b",".join(whole) + b"]}"


class ChatMemoryManager:
    """Manages the messages of sessions; methods with the prefix ``a`` are the async variants."""

    def add_message(
        self, user_id: str, role: Role, content: str, metadata: dict[str, Any] | None = None, *, id: str = ""
    ) -> StoredMessage:
        """Appends a message to an existing session, once per ``id``, and resets the session's TTL.

        Raises ``SessionNotFound`` if there is no session: a message never creates one.
        """
        remembered = store.run(self._add(user_id, "", new_message(role, content, id=id, metadata=metadata)))
        notifications.publish(user_id)
        return remembered

    async def aadd_message(
        self,
        user_id: str,
        role: Role,
        content: str,
        metadata: dict[str, Any] | None = None,
        *,
        id: str = "",
        epoch: str = "",
    ) -> StoredMessage:
        """Async variant of ``add_message`` without the notification; with ``epoch`` only in that epoch."""
        return await store.arun(self._add(user_id, epoch, new_message(role, content, id=id, metadata=metadata)))

    def get_messages(self, user_id: str, limit: int | None = None, *, after: int | None = None) -> History:
        """Returns the newest messages, or those after a ``seq``, oldest first; raises ``SessionNotFound``."""
        return store.run(self._read(user_id, after, limit))

    def get_context_window(self, user_id: str) -> ContextWindow:
        """Returns the window that the persona of a session would read now; raises ``SessionNotFound``."""
        history = self.get_messages(user_id, limit=settings.NONO_CONTEXT_MESSAGES)
        return context_window(history.session, history.messages)

    def clear_history(self, user_id: str) -> int:
        """Deletes all messages of a session, which continues, and returns how many; raises ``SessionNotFound``."""
        forgotten = store.run(operations.empty(user_id, uuid.uuid4().hex[:16]))
        if forgotten < 0:
            raise not_found(user_id)
        notifications.publish(user_id)
        return forgotten

    @staticmethod
    def _add(user_id: str, epoch: str, message: ChatMessage) -> Operation[StoredMessage]:
        return append_of(user_id, epoch, message.id, message).then(
            lambda appended: _remembered(appended, message, user_id)
        )

    @staticmethod
    def _read(user_id: str, after: int | None, limit: int | None) -> Operation[History]:
        most = limit or settings.NONO_HISTORY_LIMIT
        return operations.read(user_id, after=after, limit=most).then(lambda found: _history(found, user_id))


def append_of(
    user_id: str, epoch: str, client_id: str, message: ChatMessage, *, in_reply_to: int = 0, lease: str = ""
) -> Operation[AppendResult]:
    """Returns the operation that stores ``message`` once per ``client_id``."""
    return operations.append(
        user_id,
        epoch,
        client_id,
        role=message.role,
        message=_storable(message),
        last_activity=message.timestamp,
        in_reply_to=in_reply_to,
        lease=lease,
        safety=message.safety,
    )


def _storable(message: ChatMessage) -> str:
    """Returns the JSON object that the append script completes with the message's ``seq``."""
    fields = message.to_dict()
    del fields["seq"]
    return text_of(fields)


def _remembered(appended: AppendResult, message: ChatMessage, user_id: str) -> StoredMessage:
    if appended.outcome not in {"stored", "duplicate"}:
        raise not_found(user_id)  # also if the name belongs to another visitor now, which is not disclosed
    stored = ChatMessage.from_json(appended.message) if appended.message else message
    return StoredMessage(stored, appended.outcome == "duplicate", appended.expires_at_ms, appended.help)


def _history(found: SessionSnapshot | None, user_id: str) -> History:
    if found is None:
        raise not_found(user_id)
    return History(Session.from_row(found.session), found.messages)
