"""ChatMessage: one message of a chat, as it is created, stored, sent and read."""

import json
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args

from chat_app.safety import Level
from chat_app.safety.levels import level_of
from nono.errors import InvalidRequest

Role = Literal["user", "assistant"]
MAX_MESSAGE: Final = 4000
"""Maximum characters of a visitor's message."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message; ``seq`` counts 1, 2, 3 … without gaps in a session, ``timestamp`` is ISO 8601 in UTC."""

    role: Role
    content: str
    timestamp: str
    metadata: dict[str, Any] = field(default_factory=dict)
    seq: int = 0
    id: str = ""

    @property
    def safety(self) -> Level:
        """Returns the level of danger that was found in the message."""
        return level_of(self.metadata.get("safety"))

    def to_dict(self) -> dict[str, Any]:
        """Returns the message as REST and websocket send it."""
        return {
            "role": self.role,
            "content": self.content,
            "timestamp": self.timestamp,
            "metadata": self.metadata,
            "seq": self.seq,
            "id": self.id,
        }

    @classmethod
    def from_json(cls, raw: bytes) -> "ChatMessage":
        """Parses one element of the stored list; a damaged one becomes an empty message."""
        message = cls("assistant", "", "")
        try:
            stored = json.loads(raw)
            known = {
                name: stored[name] for name in cls.__slots__ if type(stored.get(name)) is type(getattr(message, name))
            }
        except (ValueError, AttributeError):
            return message
        return replace(message, **known)


def new_message(role: Role, content: str, *, id: str = "", metadata: dict[str, Any] | None = None) -> ChatMessage:
    """Returns a new message that is not stored yet and has no ``seq``.

    Raises ``InvalidRequest`` for an unknown role, and for a visitor's message that is blank or over 4,000 characters.
    """
    if role not in get_args(Role):
        raise InvalidRequest(f"role is {str(role)[:40]!r}; allowed are {' and '.join(get_args(Role))}.")
    if role == "user" and not (content.strip() and len(content) <= MAX_MESSAGE):
        raise InvalidRequest(
            f"The message has {len(content)} characters; 1 to {MAX_MESSAGE} are allowed, not all spaces."
        )
    return ChatMessage(role, content, datetime.now(UTC).isoformat(), metadata or {}, id=id or str(uuid.uuid4()))
