"""The orders in which a list of sessions may stand, and the cursor that names a place in one."""

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
"""Orders that people read from the least on; the others from the most."""

_FIELDS: Final[dict[By, str]] = {
    "active": "active_ms",
    "left": "expires_at",
    "created": "created_ms",
    "messages": "message_count",
    "persona": "persona",
    "safety": "safety",
}
"""The field of the hash by which each order goes; the name is no field."""

Place = tuple[int | str, bytes]
"""Where a session stands: its value in the order, then its name by its bytes, as the store compares names."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order, the most of it first where it is ``descending``; ties go by name."""

    by: By = "active"
    descending: bool = True

    @property
    def field(self) -> str:
        """Returns the field that has to be read of every session, ``""`` where its name is enough."""
        return _FIELDS.get(self.by, "")

    def place(self, row: Row) -> Place:
        """Returns where a session stands; what was damaged by hand stands as if it were nothing."""
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
        """Tells whether ``place`` comes later than ``other``."""
        return place < other if self.descending else place > other

    def encode(self, row: Row) -> str:
        """Returns the opaque text that names the place after a session."""
        text = json.dumps([self.place(row)[0], row["member"]])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def decode(self, cursor: str) -> tuple[int | str, str]:
        """Reads what ``encode`` wrote; raises ``InvalidRequest`` for anything else."""
        try:
            value, user_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            user_id.encode()
            value = str(value) if self.by in {"name", "persona"} else int(value)
            str(value).encode()
            return value, str(user_id)
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error):
            raise InvalidRequest(f"cursor {cursor[:60]!r} is not one that a list gave as `next`.") from None


def number(text: str) -> int:
    """Reads a whole number, 0 where a hand left none."""
    try:
        return int(text or 0)
    except ValueError:
        return 0
