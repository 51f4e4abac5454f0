"""The list of sessions: pages, filters and the cursor between pages."""

import base64
import binascii
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from nono import operations
from nono.errors import InvalidRequest
from nono.operations import Row
from nono.store import Operation
from sessions_app import personas
from sessions_app.session import Session

MAX_PAGE: Final = 1000
FIELDS: Final = (
    *("session_id", "user_id", "persona", "created_at", "last_activity", "message_count"),
    *("expires_at", "metadata", "owner", "active_ms"),
)


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Some sessions, the most recently active first; how many match in all; the cursor of the next page, if any."""

    sessions: tuple[Session, ...]
    count: int
    next: str | None

    def to_dict(self) -> dict[str, Any]:
        """Returns what ``GET /api/sessions`` answers."""
        return {"sessions": [one.to_dict() for one in self.sessions], "count": self.count, "next": self.next}


@dataclass(frozen=True, slots=True)
class Within:
    """Lengths of time in seconds: from ``at_least`` on and, where it is given, under ``below``."""

    at_least: int = 0
    below: int | None = None

    def holds(self, seconds: float) -> bool:
        """Tells whether ``seconds`` is one of them."""
        return seconds >= self.at_least and (self.below is None or seconds < self.below)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which sessions: of one owner (None: everybody's), of one persona, with ``text`` in their name.

    ``idle`` narrows by the time since the last activity, ``age`` by the time since the session began.
    """

    owner: str | None = None
    persona: str | None = None
    text: str = ""
    idle: Within | None = None
    age: Within | None = None
    limit: int = MAX_PAGE
    cursor: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_PAGE:
            raise InvalidRequest(f"limit is {self.limit}; allowed are 1 to {MAX_PAGE}.")
        if self.persona is not None:
            personas.get(self.persona)

    def operation(self) -> Operation[SessionPage]:
        """Returns the one round trip that reads the page.

        The whole list, and what was idle for some time, is paged by its index. A list narrowed otherwise is small
        or seldom asked for: it is read whole and narrowed here, so that no text of a visitor ever becomes a
        pattern in the store.
        """
        after = decode_cursor(self.cursor) if self.cursor else None
        if self.owner is None and self.persona is None and not self.text and self.age is None:
            return operations.page(after, self.limit + 1, FIELDS, **self._active()).then(self._page_of_all)
        index = operations.SESSION_RECENCY if self.owner is None else operations.owner_key(self.owner)
        return operations.members(index, FIELDS).then(lambda rows: self._page_of_some(rows, after))

    def _active(self) -> dict[str, int]:
        """Returns between which moments the last activity was, as the index knows them."""
        if self.idle is None:
            return {}
        now_ms = int(time.time() * 1000)
        newest = {"newest": now_ms - self.idle.at_least * 1000} if self.idle.at_least else {}
        return newest if self.idle.below is None else {**newest, "oldest": now_ms - self.idle.below * 1000}

    def _page_of_all(self, answer: tuple[int, list[Row]]) -> SessionPage:
        count, rows = answer
        return self._cut(_living(rows), count, more=len(rows) > self.limit)

    def _page_of_some(self, rows: Sequence[Row], after: tuple[int, str] | None) -> SessionPage:
        # What its hash's plain text rules out is not read any further: that is most of a long list's cost.
        candidates = [row for row in rows if self._may_match(row)]
        matching = [one for one in _living(candidates) if self._is_timely(one)]
        matching.sort(key=_place, reverse=True)
        rest = [one for one in matching if after is None or _place(one) < _encoded(after)]
        return self._cut(rest, len(matching), more=len(rest) > self.limit)

    def _cut(self, sessions: Sequence[Session], count: int, *, more: bool) -> SessionPage:
        page = tuple(sessions[: self.limit])
        return SessionPage(page, count, encode_cursor(page[-1]) if more and page else None)

    def _may_match(self, row: Row) -> bool:
        return (
            (self.owner is None or row["owner"] == self.owner)
            and (self.persona is None or row["persona"] == self.persona)
            and self.text.casefold() in row["member"].casefold()
        )

    def _is_timely(self, session: Session) -> bool:
        return (self.idle is None or self.idle.holds(time.time() - session.active_ms / 1000)) and (
            self.age is None or _is_of_age(session, self.age)
        )


def encode_cursor(session: Session) -> str:
    """Returns the opaque text that names the place after ``session``."""
    text = json.dumps([session.active_ms, session.user_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[int, str]:
    """Reads what ``encode_cursor`` wrote; raises ``InvalidRequest`` for anything else."""
    try:
        active_ms, user_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        user_id.encode()
        return int(active_ms), str(user_id)
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise InvalidRequest(f"cursor {cursor[:60]!r} is not one that a list gave as `next`.") from None


def _living(rows: Sequence[Row]) -> list[Session]:
    return [Session.from_row({**row, "user_id": row["member"]}) for row in rows if row["session_id"]]


def _is_of_age(session: Session, age: Within) -> bool:
    """Reads when the session began; one whose beginning was damaged is of no age."""
    try:
        began = datetime.fromisoformat(session.created_at)
    except ValueError:
        return False
    return age.holds((datetime.now(UTC) - began.replace(tzinfo=began.tzinfo or UTC)).total_seconds())


def _place(session: Session) -> tuple[int, bytes]:
    return _encoded((session.active_ms, session.user_id))


def _encoded(place: tuple[int, str]) -> tuple[int, bytes]:
    """Compares names by their bytes, as the store does."""
    return place[0], place[1].encode()
