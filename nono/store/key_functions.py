"""Key functions for django-redis that leave keys unchanged, without prefix or version."""


def unchanged(key: str, _prefix: str, _version: int) -> str:
    """Returns the key unchanged."""
    return key


def reversed_unchanged(key: str) -> str:
    """Returns the Redis key unchanged."""
    return key
