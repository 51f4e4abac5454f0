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
    """Some sessions, in order; how many match in all; the cursor of the next page, if there is one."""

    sessions: tuple[Session, ...]
    count: int
    next: str | None

    def __len__(self) -> int:
        """Returns how many sessions are on this page."""
        return len(self.sessions)

    def __iter__(self) -> Iterator[Session]:
        """Passes over the sessions of this page."""
        return iter(self.sessions)

    def to_dict(self) -> dict[str, Any]:
        """Returns what ``GET /api/sessions`` answers."""
        return {"sessions": [one.to_item() for one in self.sessions], "count": self.count, "next": self.next}


@dataclass(frozen=True, slots=True)
class RowPage:
    """The same, before the sessions are read."""

    rows: tuple[Row, ...]
    count: int
    next: str | None

    def read(self) -> SessionPage:
        """Returns the sessions of the rows."""
        sessions = tuple(Session.from_row({**row, "user_id": row["member"]}) for row in self.rows)
        return SessionPage(sessions, self.count, self.next)


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
    """Which sessions, in which order: of one owner (None: everybody's), of one persona, with ``text`` in their name.

    ``safety`` is one of ``DANGERS``, or ``any`` of them. ``idle`` narrows by the time since the last activity,
    ``age`` by the time since the session began.
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
        """Tells whether a page costs the same however many sessions there are."""
        narrowed = self.owner is not None or self.persona or self.safety or self.text or self.age
        return not narrowed and self.order == Order()

    @property
    def needs(self) -> list[str]:
        """Returns the fields by which every session is chosen and put in order."""
        asked = {"persona": self.persona, "safety": self.safety, "active_ms": self.idle, "created_ms": self.age}
        wanted = [name for name, value in asked.items() if value is not None]
        return list(dict.fromkeys(["session_id", *wanted, *([self.order.field] if self.order.field else [])]))

    def operation(self) -> Operation[SessionPage]:
        """Returns the one round trip that reads the page.

        What is paged by the index costs a page. Anything else is read whole and narrowed here, so that no text of a
        visitor ever becomes a pattern in the store; of everybody's sessions, survey.py reads no more than it needs.
        """
        if self.is_paged_by_index:
            after = self.order.decode(self.cursor) if self.cursor else None
            place = (int(after[0]), after[1]) if after else None
            return operations.page(place, self.limit + 1, FIELDS, **self._active()).then(self._page_of_all)
        index = operations.SESSION_RECENCY if self.owner is None else operations.owner_key(self.owner)
        return operations.members(index, FIELDS).then(lambda rows: self.choose(rows).read())

    def choose(self, rows: Iterable[Row]) -> RowPage:
        """Narrows rows that have what the query ``needs``, puts them in order and cuts the page out of them."""
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
        """Returns between which moments the last activity was, as the index knows them."""
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
    """Reads when the session began; one whose beginning was damaged is of no age."""
    began = number(created_ms)
    return began > 0 and age.holds(time.time() - began / 1000)
