"""The rule for the name of a session, the same for REST, websocket, admin and commands."""

import re
import unicodedata
from functools import lru_cache

from nono.errors import InvalidUserId, SessionNotFound

MAX_LENGTH = 64
MAX_SPELT = 4 * MAX_LENGTH
"""Maximum length before Unicode composition, at most four to one character; longer text takes quadratic time."""
PUNCTUATION = " ._-'@+(),&!"
RULE = (
    f"Allowed are 1 to {MAX_LENGTH} characters: letters, digits, emoji, single inner spaces and . _ - ' @ + ( ) , & !"
)

_SINGLE_EMOJI = frozenset("©®‼⁉™ℹ↔↕↖↗↘↙↩↪▪▫▶◀◻◼◽◾〰〽㊗㊙")
"""Emoji outside the Unicode blocks that consist mostly of emoji."""
_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"
_SESSION_ID = re.compile(r"session_(?P<user_id>.+)_\d+", re.DOTALL)


def clean_user_id(raw: str) -> str:
    """Returns ``raw`` trimmed and in Unicode's composed form; raises ``InvalidUserId``.

    One visible name has one spelling: composed and decomposed accents are equal, and invisible
    characters (controls, format characters, fillers, stray variation selectors) are refused.
    """
    spelt = raw.strip(" ")
    if not spelt:
        raise InvalidUserId(f"The name is empty. {RULE}.")
    if len(spelt) > MAX_SPELT:
        raise InvalidUserId(f"The name has {len(spelt)} characters. {RULE}.")
    return _composed(spelt)


def user_of_session_id(session_id: str) -> str:
    """Returns the user_id inside ``session_<user_id>_<unix seconds>``.

    Raises ``SessionNotFound`` for a malformed session_id and ``InvalidUserId`` for an invalid name in it.
    """
    match = _SESSION_ID.fullmatch(session_id)
    if match is None:
        raise SessionNotFound(
            f"There is no session {session_id[:100]!r}: a session_id reads session_<user_id>_<unix seconds>."
        )
    return clean_user_id(match["user_id"])


@lru_cache(maxsize=4096)
def _composed(spelt: str) -> str:
    name = unicodedata.normalize("NFC", spelt)
    if len(name) > MAX_LENGTH:
        raise InvalidUserId(f"The name has {len(name)} characters. {RULE}.")
    if name in {".", ".."}:
        raise InvalidUserId(f"The name {name!r} is reserved. {RULE}, but not . or .. alone.")
    if "  " in name:
        raise InvalidUserId(f"The name {name!r} has two spaces in a row. {RULE}.")
    for position, character in enumerate(name):
        if not _is_allowed(name, position):
            raise InvalidUserId(f"The name contains {character!a} at position {position + 1}. {RULE}.")
    return name


def _is_allowed(name: str, position: int) -> bool:
    character = name[position]
    if character in PUNCTUATION:
        return True
    if character in {_JOINER, _EMOJI_STYLE}:
        return _shapes_an_emoji(name, position)
    if _is_invisible(character):
        return False
    return unicodedata.category(character)[0] in "LMN" or _is_emoji(character)


def _shapes_an_emoji(name: str, position: int) -> bool:
    """Returns True if the joiner or variation selector is part of an emoji; elsewhere it is invisible, so forbidden."""
    before = name[position - 1] if position else ""
    if name[position] == _EMOJI_STYLE:
        return bool(before) and (_is_emoji(before) or before.isdigit())
    after = name[position + 1 : position + 2]
    return bool(before and after) and (_is_emoji(before) or before == _EMOJI_STYLE) and _is_emoji(after)


def _is_emoji(character: str) -> bool:
    code = ord(character)
    if 0x1F3FB <= code <= 0x1F3FF:  # skin tones
        return True
    if character in _SINGLE_EMOJI:
        return True
    in_a_block = 0x2300 <= code <= 0x27BF or 0x2B00 <= code <= 0x2BFF or 0x1F000 <= code <= 0x1FAFF
    return in_a_block and unicodedata.category(character) == "So"


def _is_invisible(character: str) -> bool:
    """Returns True for Unicode's default-ignorable letters and marks, which allow names that look equal."""
    code = ord(character)
    return (
        code in {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}
        or 0x180B <= code <= 0x180F
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0100 <= code <= 0xE01EF
    )
