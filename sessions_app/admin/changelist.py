"""List of chats: query parameters, the sidebar of filters, and one page of rows."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import urlencode

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from nono.contract import DANGERS
from sessions_app import personas
from sessions_app.admin.rows import SAFETY, Row
from sessions_app.listing import ANY_LEVEL, ListQuery, SessionPage, Within
from sessions_app.order import BY, LEAST_FIRST, By, Order

PER_PAGE: Final = 100
MINUTE, HOUR = 60, 3600

IDLE: Final = {
    "now": (gettext_noop("Under 5 minutes"), Within(below=5 * MINUTE)),
    "5m": (gettext_noop("5 to 30 minutes"), Within(5 * MINUTE, 30 * MINUTE)),
    "30m": (gettext_noop("30 minutes and more"), Within(30 * MINUTE)),
}
AGE: Final = {
    "new": (gettext_noop("Under 1 hour"), Within(below=HOUR)),
    "1h": (gettext_noop("1 to 6 hours"), Within(HOUR, 6 * HOUR)),
    "6h": (gettext_noop("6 hours and more"), Within(6 * HOUR)),
}
LEVEL: Final[dict[str, str]] = {
    ANY_LEVEL: gettext_noop("Any level"),
    **{level: SAFETY[level] for level in reversed(DANGERS)},
}
COLUMNS: Final[dict[By | Literal["tabs"], str]] = {
    "name": gettext_noop("Name"),
    "safety": gettext_noop("Safety"),
    "persona": gettext_noop("Persona"),
    "messages": gettext_noop("Messages"),
    "tabs": gettext_noop("Live tabs"),
    "active": gettext_noop("Last activity"),
    "left": gettext_noop("Time left"),
    "created": gettext_noop("Created"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a filter, with the attributes that Django's template expects."""

    display: str
    query_string: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Column:
    """Header of one column: ``order`` is its current sort order, ``url`` sorts by it or reverses the order."""

    words: str
    order: Literal["", "ascending", "descending"] = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Query parameters of the list; an unknown filter value is ignored."""

    q: str
    persona: str
    safety: str
    idle: str
    age: str
    o: str
    after: str

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Listing":
        """Parses the query; ``q`` is composed, because names are stored in Unicode's composed form."""
        offered = {
            "persona": {one.key for one in personas.every()},
            "safety": LEVEL.keys(),
            "idle": IDLE.keys(),
            "age": AGE.keys(),
            "o": {sign + by for by in BY for sign in ("", "-")} - {"-active"},
        }
        filters = {name: value if (value := query.get(name, "")) in keys else "" for name, keys in offered.items()}
        return cls(q=unicodedata.normalize("NFC", query.get("q", "")).strip(), after=query.get("after", ""), **filters)

    def asked(self) -> ListQuery:
        """Returns the query for the domain."""
        return ListQuery(
            persona=self.persona or None,
            safety=self.safety or None,
            text=self.q,
            idle=IDLE[self.idle][1] if self.idle else None,
            age=AGE[self.age][1] if self.age else None,
            order=self.order,
            limit=PER_PAGE,
            cursor=self.after or None,
        )

    @property
    def order(self) -> Order:
        """Returns the order of the list; the default is by last activity."""
        by = next((by for by in BY if by == self.o.removeprefix("-")), None)
        return Order() if by is None else Order(by, descending=self.o.startswith("-"))

    @property
    def kept(self) -> dict[str, str]:
        """Returns the filters and the order that a new search keeps."""
        return {name: value for name, value in self._asked().items() if name != "q"}

    @property
    def columns(self) -> Iterator[Column]:
        """Yields the column headers."""
        for by, words in COLUMNS.items():
            if by == "tabs":
                yield Column(_(words))
                continue
            is_chosen = by == self.order.by
            descending = not self.order.descending if is_chosen else by not in LEAST_FIRST
            now: Literal["ascending", "descending"] = "descending" if self.order.descending else "ascending"
            o = f"{'-' if descending else ''}{by}"
            yield Column(_(words), now if is_chosen else "", replace(self, o=o, after="").newest())

    @property
    def is_narrowed(self) -> bool:
        """Returns True if a filter or a search is active."""
        return bool(self._narrowed())

    @property
    def filters(self) -> Iterator[tuple[str, list[Choice]]]:
        """Yields the title and the choices of every filter of the sidebar."""
        everybody = {one.key: one.name for one in personas.every(get_language())}
        yield _("persona"), self._choices("persona", everybody)
        yield _("safety"), self._choices("safety", {key: _(words) for key, words in LEVEL.items()})
        yield _("idle time"), self._choices("idle", {key: _(words) for key, (words, _within) in IDLE.items()})
        yield _("age"), self._choices("age", {key: _(words) for key, (words, _within) in AGE.items()})

    def newest(self) -> str:
        """Returns the URL of the first page."""
        return self._address()

    def older(self, cursor: str) -> str:
        """Returns the URL of the page after ``cursor``."""
        return self._address(after=cursor)

    def _choices(self, name: str, offered: Mapping[str, str]) -> list[Choice]:
        current = getattr(self, name)
        return [
            Choice(words, replace(self, after="", **{name: key}).newest(), key == current)
            for key, words in {"": _("All"), **offered}.items()
        ]

    def _narrowed(self) -> dict[str, str]:
        return {name: value for name, value in self._asked().items() if name != "o"}

    def _asked(self) -> dict[str, str]:
        asked = {"q": self.q, "persona": self.persona, "safety": self.safety, "idle": self.idle, "age": self.age}
        return {name: value for name, value in {**asked, "o": self.o}.items() if value}

    def _address(self, *, after: str = "") -> str:
        return "?" + urlencode({**self._asked(), **({"after": after} if after else {})})


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the list, with the attributes that Django's own templates and scripts expect."""

    listing: Listing
    rows: tuple[Row, ...]
    count: int
    newest: str
    older: str
    has_filters: bool = True
    formset: None = None

    @classmethod
    def of(cls, listing: Listing, page: SessionPage, tabs: Sequence[int]) -> "ListPage":
        """Makes the rows of a page of sessions, each with the number of its open sockets."""
        rows = tuple(Row.of(session, live) for session, live in zip(page.sessions, tabs, strict=True))
        older = listing.older(page.next) if page.next else ""
        return cls(listing, rows, page.count, listing.newest() if listing.after else "", older)
