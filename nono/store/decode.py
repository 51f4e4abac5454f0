"""Decoders of Redis responses: text and rows of fields."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, str]


def text_of(raw: bytes | str) -> str:
    """Decodes UTF-8; invalid bytes become replacement characters, so that damaged data raises no error."""
    return raw if isinstance(raw, str) else raw.decode(errors="replace")


def row_of(answer: Any) -> Row:
    """Decodes a hash, which a script returns as a flat list and a command as a mapping."""
    pairs = answer.items() if isinstance(answer, dict) else zip(answer[::2], answer[1::2], strict=True)
    return {text_of(field): text_of(value) for field, value in pairs}


def row_or_none(answer: Any) -> Row | None:
    """Decodes a hash; returns None for an empty one."""
    return row_of(answer) or None


def outcome_and_row(answer: list[Any]) -> tuple[str, Row]:
    """Decodes a list of an outcome and the hash that follows it."""
    return text_of(answer[0]), row_of(answer[1:])
