"""A text as one language reads it: a string with one sign per word."""

from dataclasses import dataclass
from typing import Final

from chat_app.safety.language import CODES, Code, Language, language
from chat_app.safety.patterns import HARD, OTHER, SOFT
from chat_app.safety.tokenize import parts
from chat_app.safety.vocabulary import LONGEST_RUN

BROKEN_OFF: Final = 8
"""A last message of at most so many words without a mark at its end may go on in the next one."""

MOST_WORDS: Final = 500
"""Different words of a text that may be disguised. A message of 4,000 characters has a few hundred."""

SHORTEST_SPLIT: Final = 6
"""Letters that a word has at least which is recognised when it is written as two: ``un alive``."""

MANY: Final = 8
A_NUMBER: Final = "0number"
"""What a data file calls any number of at least ``MANY``."""

SHORT: Final = 100
"""Words up to which a text of no known language is read in every one."""

_CLEAR: Final = 0.5
"""A language is read along with the likeliest one if it knows at least this share of that one's words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The last message and this one as signs; ``begin`` is where this one begins."""

    language: Language
    signs: str
    begin: int


def languages_of(words: list[str]) -> tuple[Code, ...]:
    """Returns the languages in which a text may be written, the likeliest first; all if nothing short tells."""
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
    """Returns the last message and this one as one language reads them."""
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
            # A text of more words than any message has is read as it is written: looking behind disguises costs time.
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
