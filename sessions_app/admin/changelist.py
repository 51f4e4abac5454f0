"""The list of chats: what the address asks for, the sidebar of filters, and one page of rows."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from sessions_app import personas
from sessions_app.admin.rows import Row
from sessions_app.listing import ListQuery, SessionPage, Within

PER_PAGE: Final = 100
MINUTE, HOUR = 60, 3600

IDLE: Final = {
    "now": ("Under 5 minutes", Within(below=5 * MINUTE)),
    "5m": ("5 to 30 minutes", Within(5 * MINUTE, 30 * MINUTE)),
    "30m": ("30 minutes and more", Within(30 * MINUTE)),
}
AGE: Final = {
    "new": ("Under 1 hour", Within(below=HOUR)),
    "1h": ("1 to 6 hours", Within(HOUR, 6 * HOUR)),
    "6h": ("6 hours and more", Within(6 * HOUR)),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a filter, in the words of Django's template for it."""

    display: str
    query_string: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """What the address of the list asks for; a filter that nobody offers is as good as none."""

    q: str
    persona: str
    idle: str
    age: str
    after: str

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Listing":
        """Reads the address; names are stored in Unicode's composed form, so they are searched in it."""
        offered = {"persona": {one.key for one in personas.every()}, "idle": IDLE.keys(), "age": AGE.keys()}
        filters = {name: value if (value := query.get(name, "")) in keys else "" for name, keys in offered.items()}
        return cls(q=unicodedata.normalize("NFC", query.get("q", "")).strip(), after=query.get("after", ""), **filters)

    def asked(self) -> ListQuery:
        """Returns the question for the domain."""
        return ListQuery(
            persona=self.persona or None,
            text=self.q,
            idle=IDLE[self.idle][1] if self.idle else None,
            age=AGE[self.age][1] if self.age else None,
            limit=PER_PAGE,
            cursor=self.after or None,
        )

    @property
    def kept(self) -> dict[str, str]:
        """Returns the filters that a new search keeps."""
        return {name: value for name, value in self._narrowed().items() if name != "q"}

    @property
    def is_narrowed(self) -> bool:
        """Tells whether not all chats are asked for."""
        return bool(self._narrowed())

    @property
    def filters(self) -> Iterator[tuple[str, list[Choice]]]:
        """Yields the title and the choices of every filter of the sidebar."""
        everybody = {one.key: one.name for one in personas.every()}
        yield "persona", self._choices("persona", everybody)
        yield "idle time", self._choices("idle", {key: words for key, (words, _) in IDLE.items()})
        yield "age", self._choices("age", {key: words for key, (words, _) in AGE.items()})

    def newest(self) -> str:
        """Returns the address of the first page."""
        return self._address()

    def older(self, cursor: str) -> str:
        """Returns the address of the page after ``cursor``."""
        return self._address(after=cursor)

    def _choices(self, name: str, offered: Mapping[str, str]) -> list[Choice]:
        current = getattr(self, name)
        return [
            Choice(words, replace(self, **{name: key}).newest(), key == current)
            for key, words in {"": "All", **offered}.items()
        ]

    def _narrowed(self) -> dict[str, str]:
        asked = {"q": self.q, "persona": self.persona, "idle": self.idle, "age": self.age}
        return {name: value for name, value in asked.items() if value}

    def _address(self, *, after: str = "") -> str:
        return "?" + urlencode({**self._narrowed(), **({"after": after} if after else {})})


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the list, in the words in which Django's own templates and scripts ask for it."""

    listing: Listing
    rows: tuple[Row, ...]
    count: int
    newest: str
    older: str
    has_filters: bool = True
    formset: None = None

    @classmethod
    def of(cls, listing: Listing, page: SessionPage) -> "ListPage":
        """Lays a page of sessions out."""
        rows = tuple(Row.of(session) for session in page.sessions)
        older = listing.older(page.next) if page.next else ""
        return cls(listing, rows, page.count, listing.newest() if listing.after else "", older)
