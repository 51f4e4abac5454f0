"""Levels as they come back from the store."""

from typing import Any

from nono.contract import LEVELS, Level


def level_of(stored: Any) -> Level:
    """Returns the level that was stored; what is none, because nothing was found or a hand damaged it, is ``none``."""
    return next((level for level in LEVELS if level == stored), "none")
