"""A session as read from the store."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from nono.errors import SessionNotFound
from nono.store.operations import Row


@dataclass(frozen=True, slots=True)
class Session:
    """A session as read from the store; times are ISO 8601 in UTC, ``expires_at_ms`` is in unix milliseconds.

    ``owner`` is the hash of the visitor's cookie and is never shown. ``epoch`` identifies this lifetime of the name,
    ``revision`` counts its replies that were removed to be regenerated. ``safety`` is the highest level of danger found
    in its messages (docs/safety.md), ``helped`` the seq of the message for which help was last shown in full.
    """

    session_id: str
    user_id: str
    persona: str
    created_at: str
    last_activity: str
    message_count: int
    expires_at_ms: int
    metadata: dict[str, Any] = field(default_factory=dict)
    owner: str = ""
    epoch: str = ""
    seq: int = 0
    active_ms: int = 0
    revision: int = 0
    safety: str = "none"
    helped: int = 0

    @property
    def version(self) -> str:
        """Returns the epoch that clients get; it changes if the messages that they hold by ``seq`` become invalid."""
        return f"{self.epoch}-{self.revision}" if self.revision else self.epoch

    @property
    def expires_at(self) -> str:
        """Returns the session's expiry, ISO 8601 in UTC."""
        try:
            return datetime.fromtimestamp(self.expires_at_ms / 1000, UTC).isoformat(timespec="milliseconds")
        except (ValueError, OverflowError, OSError):  # damaged: not a valid year
            return ""

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields that a visitor may see."""
        return {**self.to_item(), "metadata": self.metadata}

    def to_item(self) -> dict[str, Any]:
        """Returns the fields that a list shows."""
        return {
            "session_id": self.session_id,
            "user_id": self.user_id,
            "persona": self.persona,
            "created_at": self.created_at,
            "last_activity": self.last_activity,
            "message_count": self.message_count,
            "expires_at": self.expires_at,
        }

    @classmethod
    def from_row(cls, row: Row) -> "Session":
        """Reads a hash; fields that are missing (older layout) or damaged get their default value."""
        return cls(
            session_id=row.get("session_id", ""),
            user_id=row.get("user_id", ""),
            persona=row.get("persona", ""),
            created_at=row.get("created_at", ""),
            last_activity=row.get("last_activity", ""),
            message_count=_number(row.get("message_count")),
            expires_at_ms=_number(row.get("expires_at")),
            metadata=_metadata(row.get("metadata", "")),
            owner=row.get("owner", ""),
            epoch=row.get("epoch", ""),
            seq=_number(row.get("seq")),
            active_ms=_number(row.get("active_ms")),
            revision=_number(row.get("revision")),
            safety=row.get("safety", "none"),
            helped=_number(row.get("helped")),
        )


def not_found(user_id: str) -> SessionNotFound:
    """Returns the same error for a missing session and for one that the visitor may not see."""
    return SessionNotFound(f"There is no session named {user_id!r}.")


def _metadata(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _number(text: str | None) -> int:
    try:
        return int(text or 0)
    except ValueError:
        return 0
