"""Reads a personas file and describes its first error and position in one sentence."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from nono.errors import ConfigurationError
from nono.url_validators import NOT_SHOWN
from sessions_app.offline_rules import OfflineRules, Rule, Step, Summary
from sessions_app.persona_words import Words

Record = TypeVar("Record")

UNKNOWN_FIELD = "unexpected_keyword_argument"
TABLES: Mapping[int | str, type] = {
    "offline": OfflineRules,
    "rules": Rule,
    "steps": Step,
    "summary": Summary,
    "words": Words,
}
"""Types of the records inside a persona, by field."""

Shown = Mapping[str, Callable[[object], str]]
"""Functions that format the values of fields that may hold a secret, by field."""


def tables_of(path: Path) -> dict[str, Any]:
    """Returns the tables of a TOML file; raises ConfigurationError if it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"The personas file {path} cannot be read: {error}.") from error


def checked(record: type[Record], table: object, owner: str, shown: Shown | None = None) -> Record:
    """Makes the record of a table; raises ConfigurationError naming owner, field, value and what is allowed.

    With ``shown`` the error formats a value by the field's function, and omits values of fields not in it.
    """
    try:
        return TypeAdapter(record).validate_python(table)
    except ValidationError as error:
        # A misspelt field also leaves the right one missing: report the misspelt one.
        first = min(error.errors(), key=lambda fault: fault["type"] != UNKNOWN_FIELD)
        place, fault = _place(first["loc"], table), _fault(first, record, shown)
        raise ConfigurationError(f"{owner}{place}: {fault}.") from (error if shown is None else None)


def _place(location: tuple[int | str, ...], table: object) -> str:
    """Names the field as a path, with the name of a rule or step in place of its index."""
    path, here = "", table
    for part in location:
        match part, here:
            case int(), [*items]:
                here = items[part]
                name = here.get("name") if isinstance(here, dict) else None
                path += f"[{name!r}]" if name else f"[{part}]"
            case _:
                here = here.get(part) if isinstance(here, dict) else None
                path += f".{part}"
    return f", field {path.removeprefix('.')}" if path else ""


def _fault(error: ErrorDetails, record: type, shown: Shown | None) -> str:
    """Describes the error in the value and what is allowed."""
    if error["type"] == UNKNOWN_FIELD:
        return f"there is no such field; allowed: {', '.join(_fields_beside(error['loc'], record))}"
    if error["type"] == "missing":
        return "missing; it is required"
    fault = error["msg"].removeprefix("Value error, ")
    value = error["input"]
    show = repr if shown is None else shown.get(str(error["loc"][-1]) if error["loc"] else "", lambda _value: NOT_SHOWN)
    return fault if isinstance(value, dict) else f"{show(value)}: {fault}"


def _fields_beside(location: tuple[int | str, ...], record: type) -> list[str]:
    for part in location[:-1]:
        record = TABLES.get(part, record)
    # A required "key" is the name of the table itself.
    return [field.name for field in fields(record) if field.name != "key" or field.default is not MISSING]
