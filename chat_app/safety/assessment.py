"""Assessment of the danger in a visitor's text. Pure: no network, no store; the data files are read once.

Source: docs/safety.md. The layer never blocks and never replies; it decides whether help is shown on the page.
"""

import logging
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from chat_app.safety.context import Scope
from chat_app.safety.encode import Reading, languages_of, reading
from chat_app.safety.language import Code, Frame
from chat_app.safety.normalise import plain
from chat_app.safety.tokenize import words
from nono.contract import LEVELS, Level

logger = logging.getLogger(__name__)

LanguageCode: TypeAlias = Code | Literal["und"]

_LAST_MESSAGE: Final = 1_000
"""Characters from the end of the last message that are read together with this one."""

_MOST_HITS: Final = 150
"""Maximum number of frames that are evaluated in one text; for a text with more of them, help is shown."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The level of danger, and the language of the text as ISO 639 code, ``und`` if it is unknown."""

    level: Level
    language: LanguageCode = "und"

    @property
    def card(self) -> bool:
        """Returns whether the full help card is due on the page."""
        return self.level != "none"


def assess(text: str, previous: str = "") -> Assessment:
    """Returns the assessment of a message, read together with the visitor's last one.

    Never raises: if the layer itself fails, the level is ``unknown`` and help is shown.
    """
    try:
        return _assess(text, previous)
    except Exception as failure:  # noqa: BLE001 - a bug in here must end as help on the screen, whatever it is
        # Without the exception's message and traceback, because both may contain the visitor's words.
        logger.error("The safety layer failed with %s; help is shown.", type(failure).__name__)
        return Assessment("unknown")


def higher(one: Level, other: Level) -> Level:
    """Returns the higher of two levels."""
    return max(one, other, key=LEVELS.index)


def _assess(text: str, previous: str) -> Assessment:
    this, last = words(plain(text)), words(plain(previous[-_LAST_MESSAGE:]))
    languages = languages_of(this)
    level: Level = "none"
    said: LanguageCode = languages[0] if len(languages) < 3 else "und"
    for code in languages:
        found = _level(reading(last, this, code), last)
        if higher(level, found) != level:
            level, said = found, code
    return Assessment(level, said)


def _level(read: Reading, last: list[str]) -> Level:
    """Returns the highest level of all frames in a reading; frames are tried in order, the highest level first.

    ``last`` are the words of the last message: some frames count only if that message alone was in danger.
    """
    present = set(read.signs)
    level: Level = "none"
    hits = 0
    for frame in read.language.frames:
        if not _raises(frame, level):
            break
        if any(present.isdisjoint(signs) for signs in frame.needs):
            continue
        if frame.after and (not last or _level(reading([], last, read.language.code), []) == "none"):
            continue
        for match in frame.expression.finditer(read.signs):
            if match.end() <= read.begin:
                continue
            hits += 1
            if hits > _MOST_HITS:
                return higher(level, "unknown")
            level = higher(level, Scope(read, frame, *match.span()).level() or "none")
            if not _raises(frame, level):
                break
    return level


def _raises(frame: Frame, level: Level) -> bool:
    """Returns whether a frame can still raise the level; a time such as tonight makes a crisis imminent."""
    highest: Level = "imminent" if frame.level == "crisis" and not frame.method else frame.level
    return LEVELS.index(highest) > LEVELS.index(level)
