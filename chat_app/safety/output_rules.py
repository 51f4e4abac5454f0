"""Rules for model output: the forbidden patterns of output.toml, matched against one sentence at a time."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from chat_app.safety.fixed_texts import Name

FILE: Final = Path(__file__).with_name("output.toml")

_QUOTED: Final = re.compile(r"“[^”]*”?|„[^“”]*[“”]?|«[^»]*»?|\"[^\"]*\"?")
_NEAR: Final = 60
"""Characters before a match that are searched for words that make it a mention."""

_LAST_WORD: Final = re.compile(r"[^\W\d_]+$")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of forbidden sentence; ``name`` is the fixed text that replaces it."""

    name: Name
    pattern: re.Pattern[str]
    in_danger: bool
    ends: bool
    quotes: bool


@dataclass(frozen=True, slots=True)
class Forbidden:
    """All kinds, and the words from which on a sentence may be of one of them."""

    kinds: tuple[Kind, ...]
    holds: re.Pattern[str]
    beginnings: frozenset[str]
    unless: re.Pattern[str]
    unless_next: re.Pattern[str]

    def find(self, sentence: str, *, in_danger: bool) -> Kind | None:
        """Returns the kind of a forbidden sentence, None for an allowed one."""
        text = plain(sentence).strip()
        unquoted = _QUOTED.sub(" ", text)
        for kind in self.kinds:
            if kind.in_danger and not in_danger:
                continue
            read = text if kind.quotes else unquoted
            if any(self._says(read, found.start()) for found in kind.pattern.finditer(read)):
                return kind
        return None

    def hold_from(self, text: str) -> int:
        """Returns the index from which on an incomplete sentence must be held back."""
        text = plain(text)
        held = self.holds.search(text)
        from_here = held.start() if held else len(text)
        last = _LAST_WORD.search(text)
        if last and last.start() < from_here and last[0] in self.beginnings:
            return last.start()
        return from_here

    def _says(self, text: str, start: int) -> bool:
        """Returns whether the match is an assertion, not a mention."""
        before = text[max(start - _NEAR, 0) : start]
        return not (self.unless.search(before) or self.unless_next.search(before))


def plain(text: str) -> str:
    """Returns the text in lower case with straight apostrophes, as in the patterns; its length stays the same."""
    lower = text.lower()
    return (lower if len(lower) == len(text) else text).replace("’", "'")


@cache
def forbidden() -> Forbidden:
    """Returns the rules of output.toml."""
    table: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    words = table["holds"].split()
    stems = "|".join(re.escape(word[:-1]) if word.endswith("*") else rf"{re.escape(word)}\b" for word in words)
    return Forbidden(
        kinds=tuple(
            Kind(
                name=kind["name"],
                pattern=re.compile("|".join(f"(?:{pattern})" for pattern in kind["patterns"])),
                in_danger=kind.get("in_danger", False),
                ends=kind.get("ends", False),
                quotes=kind["quotes"],
            )
            for kind in table["kinds"]
        ),
        holds=re.compile(rf"\b(?:{stems})|{table['openings']}"),
        beginnings=frozenset(
            word[:end]
            for word in (*words, *table["first_words"].split())
            for end in range(1, len(word.rstrip("*")) + 1)
        ),
        unless=re.compile(rf"\b(?:{_any_of(table['unless'])})(?!\w)|n't\b"),
        unless_next=re.compile(rf"\b(?:{_any_of(table['unless_next'])}) *$"),
    )


def _any_of(words: str) -> str:
    return "|".join(map(re.escape, words.split()))
