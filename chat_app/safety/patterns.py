"""Compiles frames, which are written as short lines of sets and words, to regular expressions.

A reading of a text is a string with one sign per word: the sign of a word of the vocabulary, ``OTHER`` for any
other word, ``SOFT`` for a comma and ``HARD`` for a full stop. A pattern is compiled to an expression over those
signs, so that looking for it is one linear pass in C with a few signs of look-back.

    WISH DIE            a word (or phrase) of the set WISH, then one of DIE; up to two fillers may stand between
    kill|END SELF       alternatives: words in small letters, sets in capitals
    to? DIE             may be missing
    WISH ..3 DIE        up to three other words between, within the clause (``..`` is ``..3``)
    BAD ~20 BRIDGE      up to twenty words between, across clauses and sentences
    HANG !out           not followed by
    ^ SUICIDE $         at the beginning, at the end of a clause; ``$$`` at the end of a sentence
    again|$             either
    want_to             a phrase, wherever a word may stand
"""

import re
from collections.abc import Mapping
from typing import Final

HARD: Final = "."
SOFT: Final = ","
OTHER: Final = "x"

FIRST_SIGN: Final = 0x4E00
"""First code point of the signs of words, which are all without meaning in a regular expression."""

_ENDS: Final = {"$", "$$"}
_GAP: Final = re.compile(r"(\.\.|~)(\d*)")
_USUAL_GAP: Final = 3


class Signs(dict[str, str]):
    """A vocabulary: word to sign. A new word gets the next sign."""

    def __missing__(self, word: str) -> str:
        self[word] = chr(FIRST_SIGN + len(self))
        return self[word]


class Compiler:
    """Compiles the patterns of one language; every word in them is added to the vocabulary.

    Raises ``ValueError`` for a set that does not exist.
    """

    def __init__(self, signs: Signs, sets: Mapping[str, str], fillers: str) -> None:
        self.signs = signs
        self.sets = sets
        self._atoms: dict[str, str] = {}
        self._join = f"[{_ranges({signs[word] for word in fillers.split()})}]{{0,2}}"
        for name in sets:
            self.members(name)  # gives a set's words consecutive signs, which makes short expressions
        self._clause = f"[{HARD}{SOFT}{''.join(self.members('BUT'))}]"
        self._outside = f"[^{self._clause[1:]}"

    def pattern(self, line: str) -> re.Pattern[str]:
        """Returns the expression of one pattern."""
        parts: list[str] = []
        glued = True  # nothing to step over before the first atom, nor after a gap
        for atom in line.split():
            join = "" if glued else self._join
            glued = False
            if gap := _GAP.fullmatch(atom):
                width = int(gap[2] or _USUAL_GAP)
                parts.append(f".{{0,{width}}}?" if gap[1] == "~" else f"{self._outside}{{0,{width}}}?")
                glued = True
            elif atom == "^":
                parts.append(f"(?<!{self._outside}){self._join}")
                glued = True
            elif ends := _ENDS & set(atom.split("|")):
                others = "|".join(part for part in atom.split("|") if part not in _ENDS)
                branches = [self.atom(others)] if others else []
                branches += [f"(?!{self._outside})" if end == "$" else f"(?![^{HARD}])" for end in sorted(ends)]
                parts.append(f"{join}(?:{'|'.join(branches)})")
            elif atom.startswith("!"):
                parts.append(f"(?!{self._join}{self.atom(atom[1:])})")
            elif atom.endswith("?"):
                parts.append(f"(?:{join}{self.atom(atom[:-1])})?")
            else:
                parts.append(join + self.atom(atom))
        return re.compile("".join(parts), re.DOTALL)

    def needs(self, line: str) -> tuple[frozenset[str], ...]:
        """Returns, for every required word of a pattern, the signs of which one must be present."""
        atoms = [atom for atom in line.split() if atom[0] not in "^!~." and atom[-1] not in "$?" and "$|" not in atom]
        return tuple(sorted((self._beginnings(atom) for atom in atoms), key=len))  # the rarest is tested first

    def atom(self, text: str) -> str:
        """Returns the expression of one position: a set, a word, a phrase, or alternatives of these."""
        if text not in self._atoms:
            singles, phrases = self._alternatives(text)
            branches = [*phrases, f"[{_ranges(singles)}]"] if singles else phrases
            self._atoms[text] = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
        return self._atoms[text]

    def members(self, name: str) -> frozenset[str]:
        """Returns the signs of the single words of a set, none if the language has no such set."""
        return frozenset(self._alternatives(name)[0]) if name in self.sets else frozenset()

    def phrases(self, name: str) -> re.Pattern[str] | None:
        """Returns an expression for any member of a set, None if the language has no such set."""
        return re.compile(self.atom(name)) if self.sets.get(name, "").split() else None

    def _beginnings(self, text: str) -> frozenset[str]:
        singles, phrases = self._alternatives(text)
        return frozenset(singles | {phrase[0] for phrase in phrases})

    def _alternatives(self, text: str) -> tuple[set[str], list[str]]:
        singles: set[str] = set()
        phrases: list[str] = []
        for part in text.split("|"):
            if part.isupper() and part.isascii() and len(part) > 1:
                if part not in self.sets:
                    raise ValueError(f"there is no set {part}; the sets are {', '.join(sorted(self.sets))}")
                for member in self.sets[part].split():
                    inner, longer = self._alternatives(member)
                    singles |= inner
                    phrases += longer
            elif "_" in part:
                phrases.append(self._join.join(self.signs[word] for word in part.split("_")))
            else:
                singles.add(self.signs[part])
        return singles, sorted(set(phrases), key=len, reverse=True)


def _ranges(signs: set[str]) -> str:
    """Returns the content of a character class: neighbours as a range, which is matched many times faster."""
    parts: list[str] = []
    begin = last = ""
    for sign in sorted(signs):
        if not last or ord(sign) != ord(last) + 1:
            parts.append(f"{begin}-{last}" if begin != last else begin)
            begin = sign
        last = sign
    return "".join(parts) + (f"{begin}-{last}" if begin != last else begin)
