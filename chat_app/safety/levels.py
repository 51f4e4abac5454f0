"""Parsing of stored safety levels."""

from typing import Any

from nono.contract import LEVELS, Level


def level_of(stored: Any) -> Level:
    """Returns the stored level; a missing or damaged value is ``none``."""
    return next((level for level in LEVELS if level == stored), "none")
