"""Addresses as operators write them in settings: each function checks one kind and gives its one form."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from redis.connection import parse_url

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_STORE_SCHEMES = {"valkey": "redis", "valkeys": "rediss"}


def listening_host(value: str) -> str:
    """Accepts an IP address or a host name, with or without the brackets of IPv6."""
    host = value.strip().removeprefix("[").removesuffix("]")
    if not _is_ip(host) and not _HOST_NAME.fullmatch(host):
        raise ValueError("no IP address and no host name")
    return host


def allowed_host(value: str) -> str:
    """Accepts what Django's ``ALLOWED_HOSTS`` takes: a name, ``.name``, an address or ``*``."""
    if value == "*":
        return value
    if value.startswith("[") and value.endswith("]") and _is_ip(value[1:-1]):
        return value.lower()
    if _is_ip(value) and ":" in value:
        return f"[{value.lower()}]"
    if not _HOST_NAME.fullmatch(value.removeprefix(".")):
        raise ValueError("a host name without scheme, port or path")
    return value.lower()


def origin(value: str) -> str:
    """Accepts ``http(s)://host[:port]`` and nothing behind it."""
    parts = urlsplit(value.removesuffix("/"))
    rest = parts.path or parts.query or parts.fragment or parts.username
    if parts.scheme not in {"http", "https"} or not parts.hostname or rest:
        raise ValueError("an origin is a scheme, a host and perhaps a port")
    _ = parts.port  # raises ValueError for what is no port
    return f"{parts.scheme}://{parts.netloc}".lower()


def store_url(value: str) -> str:
    """Accepts ``redis``, ``rediss``, ``unix``, ``valkey`` and ``valkeys`` URLs; gives one for redis-py."""
    scheme, separator, rest = value.strip().partition("://")
    url = f"{_STORE_SCHEMES.get(scheme, scheme)}{separator}{rest}"
    options: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
    if not options.get("host") and not options.get("path"):
        raise ValueError("no host and no socket")
    path = urlsplit(url).path.strip("/")
    if not url.startswith("unix:") and path and not path.isdigit():
        raise ValueError("the part after the host is a database number")
    return url


def database_url(value: str) -> str:
    """Accepts ``sqlite:///path`` and ``postgresql://`` (or ``postgres://``) URLs."""
    parts = urlsplit(value)
    _ = parts.port
    if parts.scheme == "sqlite" and len(parts.path) > 1:
        return value
    if parts.scheme in {"postgres", "postgresql"} and len(parts.path) > 1:
        return value
    raise ValueError("neither SQLite nor PostgreSQL, or no database named")


def web_url(value: str) -> str:
    """Accepts ``http(s)://host…`` without a question mark or a fragment; takes a slash at the end away."""
    parts = urlsplit(value.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("no web address")
    _ = parts.port
    return value.strip().rstrip("/")


def sentry_dsn(value: str) -> str:
    """Accepts ``http(s)://key@host/…/project``, where the project is a number."""
    parts = urlsplit(value.strip())
    _ = parts.port
    if parts.scheme not in {"http", "https"} or not parts.hostname or not parts.username:
        raise ValueError("no DSN")
    if not parts.path.rpartition("/")[2].isdigit():
        raise ValueError("no project")
    return value.strip()


def is_loopback(host: str) -> bool:
    """Tells whether only this machine can reach a server that listens on ``host``."""
    if host.lower() == "localhost":
        return True
    return _is_ip(host) and ipaddress.ip_address(host).is_loopback


def without_password(url: str) -> str:
    """Gives the URL as it may be printed: user, password and options left out."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
