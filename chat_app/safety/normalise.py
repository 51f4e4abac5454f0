"""Normalisation of text for matching: undoes disguised spellings."""

import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Final

_LETTERS: Final = tomllib.loads((Path(__file__).parent / "letters.toml").read_text(encoding="utf-8"))
_LOOK_ALIKE: Final = {ord(sign): letter for sign, letter in _LETTERS["homoglyphs"].items()}
_PICTURES: Final = {ord(sign): f" {word} " for sign, word in _LETTERS["pictures"].items()}
_LEET: Final = {ord(sign): letter for sign, letter in _LETTERS["leet"].items()}
LEET: Final = frozenset(_LETTERS["leet"])

_UNSEEN: Final = re.compile(
    "[\u00ad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]+"
)
"""Format characters, variation selectors, skin tones and combining marks that remain after composition."""

_SPACED: Final = re.compile(
    r"(?<![^\W_])[^\W\d_](?:([ \t.*_·•,/|~-])(?:[^\W_]|[!@$])(?:\1(?:[^\W_]|[!@$]))+)(?![^\W_])"
)
"""Three or more single letters with one and the same sign between each: ``k.i.l.l``, ``d i e``."""
_DOTTED: Final = re.compile(r"(?<![^\W_])[^\W\d_](?:([.*_·•,/|~-])[^\W_])(?:\1[^\W_])*(?![^\W_])")
_LETTER_BY_LETTER: Final = re.compile(r"(?<!\S)[^\W_](?:[ \t](?:[^\W_]|[!@$])(?!\S))*(?!\S)")
_SINGLE: Final = re.compile(r"(?<![^\W_])[^\W_](?![^\W_])")
_WORD: Final = re.compile(r"[^\W_]+")
_WIDE: Final = re.compile(r"[ \t]{2,}")

_POURED: Final = re.compile(r"([^\x00-\x7f])\1{2,}")
"""A non-ASCII character repeated three times or more, such as a row of emoji: two of them mean the same."""

_REPEATED: Final = re.compile(r"(.)\1{2,}")


def plain(text: str) -> str:
    """Returns the text in lower case, with compatibility forms, disguises and letter spacing undone.

    Accents stay; see ``without_accents``. The result may be longer or shorter than the text.
    """
    if not text.isascii():
        room = len(text) + 2_000  # some characters expand to whole phrases; this bounds the result
        text = _POURED.sub(r"\1\1", text)
        # Emoji first: NFKC keeps them, but one attached to a word would hide the word's end.
        text = unicodedata.normalize("NFKC", text.translate(_PICTURES))
        text = _UNSEEN.sub("", text).casefold()
        text = unicodedata.normalize("NFC", text).translate(_LOOK_ALIKE)[:room]
    return unspaced(text.casefold())


def unspaced(text: str) -> str:
    """Returns the text with letter-spaced words joined."""
    singles, words = len(_SINGLE.findall(text)), len(_WORD.findall(text))
    if singles > 4 and singles * 10 >= words * 6:
        # The whole text is letter-spaced: wider gaps than one space separate words.
        text = "\n".join(
            " ".join(_LETTER_BY_LETTER.sub(_joined, part) for part in _WIDE.split(line)) for line in text.split("\n")
        )
        text = _DOTTED.sub(_joined, text)
    return _SPACED.sub(_joined, text)


def without_accents(word: str) -> str:
    """Returns the word without accents, ``ß`` as ``ss``."""
    return _UNSEEN.sub("", unicodedata.normalize("NFD", word)).replace("ß", "ss")


def without_leet(word: str) -> str:
    """Returns the word with digits and symbols replaced by the letters that they represent."""
    return word.translate(_LEET)


def without_repeats(word: str) -> tuple[str, str]:
    """Returns the word with letters that are repeated three times or more reduced to two, and to one."""
    return _REPEATED.sub(r"\1\1", word), _REPEATED.sub(r"\1", word)


def repeats(word: str) -> bool:
    """Returns whether a letter occurs three times or more in a row."""
    return _REPEATED.search(word) is not None


def _joined(run: re.Match[str]) -> str:
    return "".join(sign for sign in run[0] if sign.isalnum() or sign in "!@$")
