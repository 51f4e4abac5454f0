"""Truncated SHA-256 for Redis keys and group names."""

import hashlib


def short_hash(text: str) -> str:
    """Returns the first 32 hex digits (half) of the SHA-256 of a text.

    It is not secret: the hash of a known or guessed text can be computed.
    """
    return hashlib.sha256(text.encode()).hexdigest()[:32]
