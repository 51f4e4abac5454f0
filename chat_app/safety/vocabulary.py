"""The vocabulary of one language, and the recognition of misspelt or disguised words."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from chat_app.safety import normalise
from chat_app.safety.patterns import OTHER

SHORTEST_TYPO: Final = 5
"""Minimum letters of a word that is recognised with a typo: too many words are one letter away from a shorter one."""
SHORTEST_DOUBLE_TYPO: Final = 8
LONGEST_WORD: Final = 18
LONGEST_RUN: Final = 120
"""Letters that may stand without a space and still be read as several words: ``iwanttodie``."""

_LAST_LATIN: Final = "\u1eff"
_STARS: Final = re.compile(r"\*+")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Maps words to signs.

    ``signs`` holds every written form, ``stems`` the beginnings (``suicid*``). ``anchors`` are the words that are worth
    recognising when disguised: ``near`` leads to them from forms with a letter left out, ``long_anchors`` names those
    that may hold two typos by their first letter, ``telling`` are their signs. ``lookalikes`` are the real words that
    are no misspelling of one, ``glue`` the words that may stand in a run without spaces.
    """

    signs: Mapping[str, str]
    stems: Mapping[str, str]
    anchors: tuple[str, ...]
    near: Mapping[str, tuple[str, ...]]
    long_anchors: Mapping[str, tuple[str, ...]]
    telling: frozenset[str]
    lookalikes: frozenset[str]
    glue: frozenset[str]

    def signs_of(self, word: str) -> str:
        """Returns the sign of a word, several for a run of words, ``OTHER`` for a word outside the vocabulary."""
        signs = self.signs
        if found := signs.get(word):
            return found
        if len(word) > LONGEST_RUN or word[0] > _LAST_LATIN:
            return OTHER
        if "*" in word:
            return self._by_mask(word)
        forms = tuple(_forms(word))
        for find in (signs.get, self._by_typo, self._by_stem, self._by_parts):
            for form in forms:
                if found := find(form):
                    return found
        return OTHER

    def _by_mask(self, word: str) -> str:
        """Returns the sign of the anchor that fits a word with stars for letters: ``k*ll``."""
        head, *middle, tail = _STARS.split(word)
        fitting = [anchor for anchor in self.anchors if anchor.startswith(head) and anchor.endswith(tail)]
        if fitting:
            mask = re.compile(f"{head}.{{1,3}}{''.join(f'{re.escape(part)}.{{1,3}}' for part in middle)}{tail}")
            fitting = [anchor for anchor in fitting if mask.fullmatch(anchor)]
        return self.signs[min(fitting, key=lambda anchor: abs(len(anchor) - len(word)))] if fitting else OTHER

    def _by_stem(self, word: str) -> str:
        if word in self.lookalikes:
            return ""
        for length in range(min(len(word), 9), 3, -1):
            if found := self.stems.get(word[:length]):
                return found
        return ""

    def _by_typo(self, word: str) -> str:
        if not SHORTEST_TYPO - 1 <= len(word) <= LONGEST_WORD or word in self.lookalikes or word in self.glue:
            return ""
        for form in (word, *_one_less(word)):
            for anchor in self.near.get(form, ()):
                if distance(word, anchor) <= 1:
                    return self.signs[anchor]
        for anchor in self.long_anchors.get(word[0], ()):
            if abs(len(anchor) - len(word)) <= 2 and _may_be_near(word, anchor) and distance(word, anchor) <= 2:
                return self.signs[anchor]
        return ""

    def _by_parts(self, word: str) -> str:
        """Returns the signs of the words in a run without spaces, using the fewest words that fit."""
        if len(word) < 5 or word in self.lookalikes:
            return ""
        best: list[tuple[int, str] | None] = [(0, ""), *([None] * len(word))]
        for begin in range(len(word)):
            if (before := best[begin]) is None:
                continue
            for end in range(begin + 1, min(begin + LONGEST_WORD, len(word)) + 1):
                part = word[begin:end]
                if part in self.glue:
                    here = best[end]
                    if here is None or before[0] + 1 < here[0]:
                        best[end] = (before[0] + 1, before[1] + self.signs.get(part, OTHER))
        whole = best[-1]
        return whole[1] if whole and not self.telling.isdisjoint(whole[1]) else ""


def near_forms(anchors: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Returns the anchors by every form with one letter left out."""
    near: dict[str, set[str]] = {}
    for anchor in anchors:
        for form in (anchor, *_one_less(anchor)):
            near.setdefault(form, set()).add(anchor)
    return {form: tuple(sorted(found)) for form, found in near.items()}


def by_first_letter(anchors: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Returns the anchors that are long enough for two typos, by their first letter."""
    found: dict[str, tuple[str, ...]] = {}
    for anchor in anchors:
        if len(anchor) >= SHORTEST_DOUBLE_TYPO:
            found[anchor[0]] = (*found.get(anchor[0], ()), anchor)
    return found


def distance(one: str, other: str) -> int:
    """Returns the edit distance: insertions, deletions, substitutions and swaps of neighbouring letters."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        here = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(last[column] + 1, here[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            here.append(cost)
        before, last = last, here
    return last[-1]


def _may_be_near(word: str, anchor: str) -> bool:
    """Returns whether the words may be within two typos, judged by their letters alone, as a cheap pre-check."""
    one, other = set(word), set(anchor)
    return len(one - other) <= 2 and len(other - one) <= 2


def _one_less(word: str) -> list[str]:
    return [word[:place] + word[place + 1 :] for place in range(len(word))]


def _forms(word: str) -> Iterable[str]:
    """Yields the possible readings of a written word, the likeliest first."""
    if not word.isascii():
        yield word
        word = normalise.without_accents(word)
        if not word.isascii():
            return
    yield word
    if not word.isalpha() and not word.isdigit():
        yield normalise.without_leet(word.replace("1", "l"))
        yield (word := normalise.without_leet(word))
    if normalise.repeats(word):
        yield from normalise.without_repeats(word)
