"""What stands for a text in keys and group names: short, in plain letters, and without its words."""

import hashlib


def short_hash(text: str) -> str:
    """Returns 32 hexadecimal digits that stand for a text: the first half of its SHA-256.

    It is no secret: whoever has the text, or guesses it, can make the same.
    """
    return hashlib.sha256(text.encode()).hexdigest()[:32]
