"""django-redis' key functions: a key in Redis is exactly what the code says, with nothing before or after."""


def unchanged(key: str, _prefix: str, _version: int) -> str:
    """Gives the key as it is."""
    return key


def reversed_unchanged(key: str) -> str:
    """Gives the key in Redis as it is."""
    return key
