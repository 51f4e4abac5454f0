"""The list of sessions: pages and filters."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nono.contract import DANGERS
from nono.errors import InvalidRequest
from nono.store import Operation, operations
from nono.store.operations import Row
from sessions_app import personas
from sessions_app.order import Order, number
from sessions_app.session import Session

MAX_PAGE: Final = 1000
FIELDS: Final = (
    *("session_id", "user_id", "persona", "created_at", "last_activity", "message_count"),
    *("expires_at", "metadata", "owner", "active_ms", "created_ms", "safety"),
)
ANY_LEVEL: Final = "any"


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Sessions in order, the number of all matches, and the cursor of the next page, if there is one."""

    sessions: tuple[Session, ...]
    count: int
    next: str | None

    def __len__(self) -> int:
        """Returns the number of sessions on this page."""
        return len(self.sessions)

    def __iter__(self) -> Iterator[Session]:
        """Iterates over the sessions of this page."""
        return iter(self.sessions)

    def to_dict(self) -> dict[str, Any]:
        """Returns the response body of ``GET /api/sessions``."""
        return {"sessions": [one.to_item() for one in self.sessions], "count": self.count, "next": self.next}


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of rows from which ``read`` makes a ``SessionPage``."""

    rows: tuple[Row, ...]
    count: int
    next: str | None

    def read(self) -> SessionPage:
        """Returns the sessions of the rows."""
        sessions = tuple(Session.from_row({**row, "user_id": row["member"]}) for row in self.rows)
        return SessionPage(sessions, self.count, self.next)


@dataclass(frozen=True, slots=True)
class Within:
    """A range of durations in seconds: from ``at_least`` (inclusive) to ``below`` (exclusive), if given."""

    at_least: int = 0
    below: int | None = None

    def holds(self, seconds: float) -> bool:
        """Returns True if ``seconds`` is in the range."""
        return seconds >= self.at_least and (self.below is None or seconds < self.below)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Filters and order of a list of sessions: one owner (None: all), one persona, ``text`` in the name.

    ``safety`` is one of ``DANGERS``, or ``any`` of them. ``idle`` filters by the time since the last activity,
    ``age`` by the time since the session was created.
    """

    owner: str | None = None
    persona: str | None = None
    safety: str | None = None
    text: str = ""
    idle: Within | None = None
    age: Within | None = None
    order: Order = field(default_factory=Order)
    limit: int = MAX_PAGE
    cursor: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_PAGE:
            raise InvalidRequest(f"limit is {self.limit}; allowed are 1 to {MAX_PAGE}.")
        if self.persona is not None:
            personas.get(self.persona)
        if self.safety not in {None, ANY_LEVEL, *DANGERS}:
            raise InvalidRequest(f"safety is {self.safety!r}; allowed are {ANY_LEVEL}, {', '.join(DANGERS)}.")

    @property
    def is_paged_by_index(self) -> bool:
        """Returns True if the cost of a page does not depend on the number of sessions."""
        narrowed = self.owner is not None or self.persona or self.safety or self.text or self.age
        return not narrowed and self.order == Order()

    @property
    def needs(self) -> list[str]:
        """Returns the fields that filtering and ordering need of every session."""
        asked = {"persona": self.persona, "safety": self.safety, "active_ms": self.idle, "created_ms": self.age}
        wanted = [name for name, value in asked.items() if value is not None]
        return list(dict.fromkeys(["session_id", *wanted, *([self.order.field] if self.order.field else [])]))

    def operation(self) -> Operation[SessionPage]:
        """Returns the operation that reads the page in one round trip.

        A query that the index pages reads only the page. Any other reads all sessions and filters here, so that a
        visitor's text never becomes a pattern in Redis. For the sessions of all owners survey.py reads fewer fields.
        """
        if self.is_paged_by_index:
            after = self.order.decode(self.cursor) if self.cursor else None
            place = (int(after[0]), after[1]) if after else None
            return operations.page(place, self.limit + 1, FIELDS, **self._active()).then(self._page_of_all)
        index = operations.SESSION_RECENCY if self.owner is None else operations.owner_key(self.owner)
        return operations.members(index, FIELDS).then(lambda rows: self.choose(rows).read())

    def choose(self, rows: Iterable[Row]) -> RowPage:
        """Filters and orders rows that have the fields in ``needs``, and returns the page."""
        matching = sorted(
            ((self.order.place(row), row) for row in rows if self._matches(row)),
            key=lambda placed: placed[0],
            reverse=self.order.descending,
        )
        rest = matching
        if self.cursor:
            value, name = self.order.decode(self.cursor)
            after = (value, name.encode())
            rest = [placed for placed in matching if self.order.is_after(placed[0], after)]
        return self._cut([row for _, row in rest[: self.limit]], len(matching), more=len(rest) > self.limit)

    def _page_of_all(self, answer: tuple[int, list[Row]]) -> SessionPage:
        count, rows = answer
        living = [row for row in rows if row["session_id"]]
        return self._cut(living, count, more=len(rows) > self.limit).read()

    def _cut(self, rows: Sequence[Row], count: int, *, more: bool) -> RowPage:
        page = tuple(rows[: self.limit])
        return RowPage(page, count, self.order.encode(page[-1]) if more and page else None)

    def _active(self) -> dict[str, int]:
        """Returns the range of the last activity in unix ms, as the index needs it."""
        if self.idle is None:
            return {}
        now_ms = int(time.time() * 1000)
        newest = {"newest": now_ms - self.idle.at_least * 1000} if self.idle.at_least else {}
        return newest if self.idle.below is None else {**newest, "oldest": now_ms - self.idle.below * 1000}

    def _matches(self, row: Row) -> bool:
        return (
            bool(row["session_id"])
            and (self.owner is None or row["owner"] == self.owner)
            and (self.persona is None or row["persona"] == self.persona)
            and (self.safety is None or row["safety"] in (DANGERS if self.safety == ANY_LEVEL else (self.safety,)))
            and (not self.text or self.text.casefold() in row["member"].casefold())
            and (self.idle is None or self.idle.holds(time.time() - number(row["active_ms"]) / 1000))
            and (self.age is None or _is_of_age(row["created_ms"], self.age))
        )


def _is_of_age(created_ms: str, age: Within) -> bool:
    """Returns True if the session's age is in the range; False if its creation time is damaged."""
    began = number(created_ms)
    return began > 0 and age.holds(time.time() - began / 1000)
