"""Validation errors as sentences for the client: the field, its value, and what is allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

LONGEST: Final = 40
"""Maximum number of characters of a wrong value in an error message."""

_PARTS_OF_A_REQUEST: Final = frozenset({"body", "query", "path", "header", "cookie"})
_OBJECTS: Final = frozenset({"dict_type", "model_type", "model_attributes_type"})
_WITHOUT_VALUE: Final = frozenset({"missing", "extra_forbidden"})
"""Pydantic error types about the field name, whose messages show no value."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong field; ``value`` is the start of its value, or ``""`` if the field itself is missing or unknown."""

    field: str
    value: str
    message: str

    def __str__(self) -> str:
        """Returns a sentence with the field, its value, and what is allowed."""
        return f"{self.field} is {self.value}: {self.message}" if self.value else f"{self.field}: {self.message}"


def fault_of(found: Mapping[str, Any]) -> Fault:
    """Converts one Pydantic error."""
    where = [str(part) for part in found["loc"]]
    while len(where) > 1 and where[0] in _PARTS_OF_A_REQUEST:
        where = where[1:]
    value = "" if found["type"] in _WITHOUT_VALUE else _shown(found.get("input"))
    return Fault(".".join(where) or "body", value, _said(found))


def sentence_of(faults: Sequence[Fault]) -> str:
    """Returns the faults as one sentence of at most 1,000 characters."""
    return "; ".join(map(str, faults))[:999] + "."


def _said(found: Mapping[str, Any]) -> str:
    if found["type"] in _OBJECTS:
        return "Input should be a JSON object"
    return str(found["msg"]).removeprefix("Value error, ")


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'an array'} of {len(value)}"
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]!r}… ({len(value):,} characters)"
    return {None: "null", True: "true", False: "false"}.get(value) or repr(value)
