"""Sort orders of a list of sessions, and the cursors of their pages."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Final, Literal, get_args

from nono.contract import LEVELS
from nono.errors import InvalidRequest
from nono.store.operations import Row

By = Literal["active", "left", "created", "messages", "name", "persona", "safety"]
BY: Final[tuple[By, ...]] = get_args(By)

LEAST_FIRST: Final = {"left", "name", "persona"}
"""Orders that are ascending by default; the others are descending."""

_FIELDS: Final[dict[By, str]] = {
    "active": "active_ms",
    "left": "expires_at",
    "created": "created_ms",
    "messages": "message_count",
    "persona": "persona",
    "safety": "safety",
}
"""Field of the hash that each order sorts by; the name is not a field."""

Place = tuple[int | str, bytes]
"""Sort key of a session: its value, then the bytes of its name, as Redis compares names."""


@dataclass(frozen=True, slots=True)
class Order:
    """One sort order, ``descending`` or ascending; the name breaks ties."""

    by: By = "active"
    descending: bool = True

    @property
    def field(self) -> str:
        """Returns the field that the order needs of every session, ``""`` if it needs only the name."""
        return _FIELDS.get(self.by, "")

    def place(self, row: Row) -> Place:
        """Returns the sort key of a session; a damaged value counts as 0 or empty."""
        name = row["member"]
        if self.by == "name":
            return name.casefold(), name.encode()
        value = row[self.field]
        if self.by == "persona":
            return value, name.encode()
        if self.by == "safety":
            return LEVELS.index(value) if value in LEVELS else 0, name.encode()
        return number(value), name.encode()

    def is_after(self, place: Place, other: Place) -> bool:
        """Returns True if ``place`` comes after ``other``."""
        return place < other if self.descending else place > other

    def encode(self, row: Row) -> str:
        """Returns the opaque cursor of the page after this session."""
        text = json.dumps([self.place(row)[0], row["member"]])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def decode(self, cursor: str) -> tuple[int | str, str]:
        """Decodes a cursor of ``encode``; raises ``InvalidRequest`` for an invalid one."""
        try:
            value, user_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            user_id.encode()
            value = str(value) if self.by in {"name", "persona"} else int(value)
            str(value).encode()
            return value, str(user_id)
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error):
            raise InvalidRequest(f"cursor {cursor[:60]!r} is not one that a list gave as `next`.") from None


def number(text: str) -> int:
    """Returns ``int(text)``, or 0 if it is not a number."""
    try:
        return int(text or 0)
    except ValueError:
        return 0
