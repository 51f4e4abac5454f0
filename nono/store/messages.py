"""Operations that append messages, and that read sessions and their status."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings

from nono.store import Operation, script
from nono.store.decode import Row, row_of, text_of
from nono.store.keys import (
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


@dataclass(frozen=True, slots=True)
class AppendResult:
    """Result of an append; the other fields are set only for ``stored`` and ``duplicate``.

    ``message`` is the stored JSON, ``more`` is True if a user message waits for a reply, ``expires_at_ms`` is the
    session's new expiry (unix ms; 0 for a duplicate), ``help`` is True if help is to be shown in full.
    """

    outcome: Literal["stored", "duplicate", "gone", "stale", "lost"]
    seq: int = 0
    message: bytes = b""
    more: bool = False
    expires_at_ms: int = 0
    help: bool = False


@dataclass(frozen=True, slots=True)
class SessionSnapshot:
    """Result of one read: the hash, some messages (JSON), and the running reply's start entry and text so far."""

    session: Row
    messages: tuple[bytes, ...]
    reply: Row
    text: str
    leased: bool
    observed: bool = False

    @property
    def waiting(self) -> bool:
        """Returns True if a user message has no reply yet."""
        return int(self.session.get("asked", 0)) > int(self.session.get("answered", 0))


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """Summary of a session, from which the reconciler detects what an open chat missed."""

    epoch: str
    seq: int
    expires_at: int
    waiting: bool
    lease_ms: int
    revision: int
    observed: bool = False


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
    safety: str = "",
) -> Operation[AppendResult]:
    """Appends one message atomically; ``safety`` is the level of danger found in it."""
    return script(
        "message_append",
        (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY),
        (
            *(user_id, epoch, client_id, role, message, last_activity),
            *(settings.NONO_HISTORY_LIMIT, *clock(), in_reply_to, lease, LEASE_MS, safety),
        ),
        _appended,
    )


def read(user_id: str, *, after: int | None = None, limit: int = 0) -> Operation[SessionSnapshot | None]:
    """Reads a session and up to ``limit`` messages; returns None if there is no such session."""
    return script(
        "session_read",
        (session_key(user_id), history_key(user_id), reply_key(user_id), lease_key(user_id)),
        ("" if after is None else after, limit),
        _found,
    )


def session_statuses(user_ids: Sequence[str]) -> Operation[list[SessionStatus | None]]:
    """Reads the status of many sessions, in order; None for a session that does not exist."""

    def standing(a: list[Any]) -> SessionStatus | None:
        if not a:
            return None
        epoch, seq, expires_at, waiting, lease_ms, revision, observed = a
        numbers = (int(seq), int(expires_at or 0), bool(waiting), int(lease_ms), int(revision))
        return SessionStatus(text_of(epoch), *numbers, observed=bool(observed))

    keys = [key for user_id in user_ids for key in (session_key(user_id), lease_key(user_id))]
    return script("session_status", keys, (), lambda answer: [standing(one) for one in answer])


def _found(answer: list[Any]) -> SessionSnapshot | None:
    if not answer:
        return None
    session, messages, start, text, leased, observed = answer
    return SessionSnapshot(row_of(session), tuple(messages), row_of(start), text_of(text), bool(leased), bool(observed))


def _appended(answer: list[Any]) -> AppendResult:
    if len(answer) == 1:
        return AppendResult(text_of(answer[0]))  # type: ignore[arg-type]
    outcome, seq, message, more, expires_at, help = answer
    return AppendResult(text_of(outcome), seq, message, bool(more), int(expires_at), bool(help))  # type: ignore[arg-type]
