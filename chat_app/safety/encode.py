"""Encoding of a text for one language: a string with one sign per word."""

from dataclasses import dataclass
from typing import Final

from chat_app.safety.language import CODES, Code, Language, language
from chat_app.safety.patterns import HARD, OTHER, SOFT
from chat_app.safety.tokenize import parts
from chat_app.safety.vocabulary import LONGEST_RUN

BROKEN_OFF: Final = 8
"""Maximum words of a last message without a final mark that may continue in the next message."""

MOST_WORDS: Final = 500
"""Maximum distinct words of a text that are checked for disguises; 4,000 characters have a few hundred."""

SHORTEST_SPLIT: Final = 6
"""Minimum letters of a word that is recognised when it is written as two: ``un alive``."""

MANY: Final = 8
A_NUMBER: Final = "0number"
"""Name in the data files for any number of at least ``MANY``."""

SHORT: Final = 100
"""Maximum words of a text of unknown language that is read in every language."""

_CLEAR: Final = 0.5
"""Another language is also read if it knows at least this fraction of the words that the likeliest one knows."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The last message and this one as signs; ``begin`` is the index at which this one begins."""

    language: Language
    signs: str
    begin: int


def languages_of(words: list[str]) -> tuple[Code, ...]:
    """Returns the possible languages of a text, the likeliest first; all of them for a short text of none."""
    different = set(words)
    known = {code: _known(different, language(code)) for code in CODES}
    ranked = sorted(CODES, key=lambda code: -known[code])
    best = known[ranked[0]]
    if best < 3:
        return tuple(ranked if len(words) <= SHORT else ranked[:1])
    return tuple(code for code in ranked if known[code] >= best * _CLEAR)


def _known(words: set[str], entry: Language) -> int:
    return 2 * len(words & entry.common) + len(words & entry.vocabulary.signs.keys())


def reading(previous: list[str], words: list[str], code: Code) -> Reading:
    """Returns the last message and this one encoded for one language."""
    entry = language(code)
    seen: dict[str, str] = {HARD: HARD, SOFT: SOFT}
    before = _signs(previous, entry, seen)
    if before and not (len(previous) <= BROKEN_OFF and previous[-1] not in (HARD, SOFT)):
        before += HARD
    return Reading(entry, _without_idioms(before + _signs(words, entry, seen), entry), len(before))


def _signs(words: list[str], entry: Language, seen: dict[str, str]) -> str:
    found: list[str] = []
    signs = entry.vocabulary.signs
    before = ""
    for word in words:
        if (sign := seen.get(word)) is None:
            # A text with more words than any message is read as written, because the search for disguises is slow.
            sign = seen[word] = _sign(word, entry) if len(seen) < MOST_WORDS else signs.get(word, OTHER)
        if (
            found
            and len(seen) < MOST_WORDS
            and OTHER in (sign, found[-1])
            and len(before + word) >= SHORTEST_SPLIT
            and before + word in signs
        ):
            found[-1] = signs[before + word]  # one word, written as two
        else:
            found.append(sign)
        before = word
    return "".join(found)


def _sign(word: str, entry: Language) -> str:
    if word.isdecimal() and int(word[:4]) >= MANY:
        word = A_NUMBER
    sign = entry.vocabulary.signs_of(word)
    if sign == OTHER and not word.isalnum() and len(word) <= LONGEST_RUN:
        return "".join(entry.vocabulary.signs.get(part, OTHER) for part in parts(word)) or OTHER
    return sign


def _without_idioms(signs: str, entry: Language) -> str:
    present = set(signs)
    for idiom in entry.idioms:
        if not any(present.isdisjoint(needed) for needed in idiom.needs):
            signs = idiom.expression.sub(lambda span: OTHER * len(span[0]), signs)
    return signs
