"""Safety levels of a visitor's message; chat_app/safety determines them, other code counts and compares them."""

from typing import Final, Literal, TypeAlias, get_args

Danger: TypeAlias = Literal["unknown", "about_other", "concern", "crisis", "imminent"]
DANGERS: Final[tuple[Danger, ...]] = get_args(Danger)
"""Levels at which help is shown, in ascending order."""

Level: TypeAlias = Literal["none", Danger]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
"""All levels in ascending order; ``none`` means that nothing was found."""
