"""What a model must not have said: the patterns of output.toml, tried on one sentence at a time."""

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
"""Characters before a match in which it is looked whether somebody only speaks about it."""

_LAST_WORD: Final = re.compile(r"[^\W\d_]+$")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of what must not be said; ``name`` is the fixed text that takes its place."""

    name: Name
    pattern: re.Pattern[str]
    in_danger: bool
    ends: bool
    quotes: bool


@dataclass(frozen=True, slots=True)
class Forbidden:
    """All kinds, and at which words it begins to be possible that a sentence is of one of them."""

    kinds: tuple[Kind, ...]
    holds: re.Pattern[str]
    beginnings: frozenset[str]
    unless: re.Pattern[str]
    unless_next: re.Pattern[str]

    def find(self, sentence: str, *, in_danger: bool) -> Kind | None:
        """Returns of which kind a sentence is, None for a sentence that may be said."""
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
        """Returns from which character on a piece of a sentence must wait for the rest of it."""
        text = plain(text)
        held = self.holds.search(text)
        from_here = held.start() if held else len(text)
        last = _LAST_WORD.search(text)
        if last and last.start() < from_here and last[0] in self.beginnings:
            return last.start()
        return from_here

    def _says(self, text: str, start: int) -> bool:
        """Tells whether what matched there is said, and not spoken about."""
        before = text[max(start - _NEAR, 0) : start]
        return not (self.unless.search(before) or self.unless_next.search(before))


def plain(text: str) -> str:
    """Returns a text as the patterns are written: in lower case, with straight apostrophes, of the same length."""
    lower = text.lower()
    return (lower if len(lower) == len(text) else text).replace("’", "'")


@cache
def forbidden() -> Forbidden:
    """Returns what the file says."""
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
