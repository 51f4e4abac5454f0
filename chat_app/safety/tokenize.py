"""Splits a normalised text into words and marks."""

import re
from typing import Final

from chat_app.safety.normalise import LEET
from chat_app.safety.patterns import HARD, SOFT

_APOSTROPHE: Final = re.compile(r"(?<=[^\W\d_])['\u2019\u02bc`\u00b4\u2018](?=[^\W\d_])")
_ELIDED: Final = re.compile(
    r"(?:(?<=\b[jmtsdlnc])|(?<=\bqu)|(?<=\bjusqu)|(?<=\blorsqu)|(?<=\bpuisqu))['\u2019\u02bc`\u00b4](?=[^\W_])"
)
"""French and its kin write two words around an apostrophe (``j'ai``); English writes one (``don't``)."""

_HYPHEN: Final = re.compile(r"(?<=[^\W_])[-\u2010\u2011_](?=[^\W_])")
_INSIDE: Final = "".join(re.escape(sign) for sign in sorted(LEET | {"*"}) if not sign.isdigit())
_TOKEN: Final = re.compile(
    rf"[@$]?[^\W_]+(?:[{_INSIDE}]+[^\W_]+)*[|$]*|[.!?\u2026\n\u3002]+|[,;:()\u2013\u2014\u00bf\u00a1]+|(?<= )-+(?= )"
)
_MARKS: Final = re.compile(rf"[{_INSIDE}]+")
_HARD: Final = frozenset(".!?\u2026\n\u3002")


def words(text: str) -> list[str]:
    """Returns the words of a plain text in order, between them ``HARD`` and ``SOFT`` for the marks.

    Full stops between single words are ignored, because some people write like that (``i want. to. die``).
    """
    text = _HYPHEN.sub(" ", _APOSTROPHE.sub("", _ELIDED.sub(" ", text)))
    found: list[str] = []
    alone = 0  # words since the last mark
    for piece in _TOKEN.findall(text):
        first = piece[0]
        if first.isalnum() or (first in "@$" and len(piece) > 1):
            found.append(piece)
            alone += 1
        elif not found or found[-1] in (HARD, SOFT):
            if found and first in _HARD:
                found[-1] = HARD
        elif first not in _HARD or "..." in piece or first == "\u2026":
            found.append(SOFT)
            alone = 0
        else:
            found.append(HARD)
            alone = 0
    return _without_broken_off(found)


def parts(word: str) -> list[str]:
    """Returns the parts of a word that are joined by symbols: ``hi!how``."""
    return [part for part in _MARKS.split(word) if part]


def _without_broken_off(found: list[str]) -> list[str]:
    """Removes the full stops between single words, if there are two or more in a row."""
    kept: list[str] = []
    for place, word in enumerate(found):
        if word in (HARD, SOFT) and 0 < place < len(found) - 1:
            lonely_before = place == 1 or found[place - 2] in (HARD, SOFT)
            lonely_after = place + 2 >= len(found) or found[place + 2] in (HARD, SOFT)
            if lonely_before and lonely_after:
                continue
        kept.append(word)
    return kept
