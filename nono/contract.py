"""The levels of danger in what a visitor wrote: chat_app/safety finds them, the rest counts and compares them."""

from typing import Final, Literal, TypeAlias, get_args

Danger: TypeAlias = Literal["unknown", "about_other", "concern", "crisis", "imminent"]
DANGERS: Final[tuple[Danger, ...]] = get_args(Danger)
"""Every level at which help is shown, the lowest first: of two levels, the later one is the higher."""

Level: TypeAlias = Literal["none", Danger]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
"""The same behind the lowest of all, at which nothing was found."""
