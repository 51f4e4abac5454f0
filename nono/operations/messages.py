"""A session's messages: stored, read, and seen from afar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings

from nono.operations.keys import (
    LEASE_MS,
    SESSION_INDEX,
    SESSION_RECENCY,
    clock,
    history_key,
    lease_key,
    reply_key,
    session_key,
    session_keys,
)
from nono.operations.rows import Row, row_of, text_of
from nono.store import Operation, script


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of an append; the rest only where the message is in the store.

    ``message`` is its JSON, ``more`` tells that a user message waits for a reply, ``expires_at_ms`` is the
    session's new clock (0 for a duplicate).
    """

    outcome: Literal["stored", "duplicate", "gone", "stale", "lost"]
    seq: int = 0
    message: bytes = b""
    more: bool = False
    expires_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A session as it stands: its hash, some messages (JSON), the running reply's start and its text so far."""

    session: Row
    messages: tuple[bytes, ...]
    reply: Row
    text: str
    leased: bool

    @property
    def waiting(self) -> bool:
        """Tells whether a user message has no reply yet."""
        return int(self.session.get("asked", 0)) > int(self.session.get("answered", 0))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a session stands: enough to see whether an open chat missed something."""

    epoch: str
    seq: int
    expires_at: int
    waiting: bool
    lease_ms: int
    revision: int


def append(
    user_id: str,
    epoch: str,
    client_id: str,
    *,
    role: str,
    message: str,
    last_activity: str,
    in_reply_to: int = 0,
    lease: str = "",
) -> Operation[Appended]:
    """Stores one message, all or nothing."""
    return script(
        "append",
        (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY),
        (
            *(user_id, epoch, client_id, role, message, last_activity),
            *(settings.NONO_HISTORY_LIMIT, *clock(), in_reply_to, lease, LEASE_MS),
        ),
        _appended,
    )


def read(user_id: str, *, after: int | None = None, limit: int = 0) -> Operation[Found | None]:
    """Reads a session and some of its messages; answers None if there is none."""
    return script(
        "read",
        (session_key(user_id), history_key(user_id), reply_key(user_id), lease_key(user_id)),
        ("" if after is None else after, limit),
        lambda a: Found(row_of(a[0]), tuple(a[1]), row_of(a[2]), text_of(a[3]), bool(a[4])) if a else None,
    )


def glance(user_ids: Sequence[str]) -> Operation[list[Standing | None]]:
    """Tells where many sessions stand; None for those that are gone."""

    def standing(a: list[Any]) -> Standing | None:
        return Standing(text_of(a[0]), int(a[1]), int(a[2] or 0), bool(a[3]), int(a[4]), int(a[5])) if a else None

    keys = [key for user_id in user_ids for key in (session_key(user_id), lease_key(user_id))]
    return script("glance", keys, (), lambda answer: [standing(one) for one in answer])


def _appended(answer: list[Any]) -> Appended:
    if len(answer) == 1:
        return Appended(text_of(answer[0]))  # type: ignore[arg-type]
    outcome, seq, message, more, expires_at = answer
    return Appended(text_of(outcome), seq, message, bool(more), int(expires_at))  # type: ignore[arg-type]
