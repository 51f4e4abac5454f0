"""Validators of URLs and hosts in settings: each function checks one kind and returns its normal form."""

import ipaddress
import re
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from redis.connection import parse_url

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_STORE_SCHEMES = {"valkey": "redis", "valkeys": "rediss"}
_URL_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST_AND_PORT = re.compile(r"(\[[^\[\]]*\]|[^:\[\]%]*)(:[0-9]*)?")

NOT_SHOWN: Final = "(not shown here)"
"""Placeholder in error messages for a value that is or may contain a secret."""


class Advice(ValueError):
    """Validation error with a specific hint, which is appended to the error message."""


def listening_host(value: str) -> str:
    """Accepts an IP address or a host name, with or without the brackets of IPv6."""
    host = value.strip().removeprefix("[").removesuffix("]")
    if not _is_ip(host) and not _HOST_NAME.fullmatch(host):
        raise ValueError("no IP address and no host name")
    return host


def allowed_host(value: str) -> str:
    """Accepts an entry of Django's ``ALLOWED_HOSTS``: a name, ``.name``, an address or ``*``."""
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
    """Accepts ``http(s)://host[:port]`` without a path."""
    parts = urlsplit(value.removesuffix("/"))
    rest = parts.path or parts.query or parts.fragment or parts.username
    if parts.scheme not in {"http", "https"} or not parts.hostname or rest:
        raise ValueError("an origin is a scheme, a host and perhaps a port")
    _ = parts.port  # raises ValueError for an invalid port
    return f"{parts.scheme}://{parts.netloc}".lower()


def store_url(value: str) -> str:
    """Accepts ``redis``, ``rediss``, ``unix``, ``valkey`` and ``valkeys`` URLs; returns one for redis-py."""
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


def endpoint_url(value: str, *, key_in: str = "LLM_API_KEY") -> str:
    """Accepts the base URL of a model endpoint: ``http(s)://host[:port]/path``, optionally with a query.

    Removes trailing slashes of the path. Allows the characters of RFC 3986. ``key_in`` is the name of the setting for
    the key of this endpoint, for the hint.
    """
    url = value.strip()
    parts = urlsplit(_plain(url))
    if parts.scheme not in {"http", "https"} or "#" in url:
        raise ValueError("no web address")
    if "@" in parts.netloc:
        raise Advice(f"leave user and password out of it, and put the key in {key_in}")
    _check_host(parts.hostname, parts.port, parts.netloc)
    path = parts.path.rstrip("/")
    if path.endswith("/completions"):
        called = "/chat/completions" if path.endswith("/chat/completions") else "/completions"
        raise Advice(f"leave {called} off, which Nono adds itself")
    return f"{parts.scheme}://{parts.netloc}{path}" + (f"?{parts.query}" if parts.query else "")


def proxy_url(value: str) -> str:
    """Accepts ``http(s)://[user:password@]host:port`` with user and password valid for HTTP Basic authentication."""
    url = value.strip()
    if url.lower().startswith("socks"):
        raise Advice("SOCKS is not supported")
    parts = urlsplit(_plain(url))
    if parts.scheme not in {"http", "https"} or parts.path not in {"", "/"} or "?" in url or "#" in url:
        raise ValueError("no proxy")
    credentials, _, place = parts.netloc.rpartition("@")
    if parts.port is None:
        raise Advice("the port is missing")
    _check_host(parts.hostname, parts.port, place)
    user, _, password = credentials.partition(":")
    if ":" in unquote(user):
        raise Advice("a user's name has no colon")
    if not _is_latin_1(unquote(user) + unquote(password)):
        raise Advice("user and password can have the characters of Latin-1 only")
    return f"{parts.scheme}://{parts.netloc}"


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
    """Returns whether ``host`` is a loopback address or ``localhost``."""
    if host.lower() == "localhost":
        return True
    return _is_ip(host) and ipaddress.ip_address(host).is_loopback


def without_password(url: str) -> str:
    """Returns the URL without user, password and options, for printing."""
    scheme, rest = _split(url)
    return f"{scheme}{re.split('[?#]', rest, maxsplit=1)[0].rpartition('@')[2]}"


def shown(url: str) -> str:
    """Returns a wrong URL for an error message: quoted, without user, password and options.

    Returns ``NOT_SHOWN`` if these cannot be separated from the rest.
    """
    place = re.split("[?#]", _split(url)[1], maxsplit=1)
    plain = without_password(url)
    authority = _split(plain)[1].partition("/")[0]
    if any("@" in option for option in place[1:]) or not _HOST_AND_PORT.fullmatch(authority):
        return NOT_SHOWN
    return repr(plain)


def _split(url: str) -> tuple[str, str]:
    scheme = _SCHEME.match(url)
    return (scheme[0], url[scheme.end() :]) if scheme else ("", url)


def _plain(url: str) -> str:
    """Returns the URL; raises ValueError for other characters: ``urlsplit`` silently drops line breaks and tabs."""
    if not _URL_CHARACTERS.fullmatch(url):
        raise ValueError("characters that no URL has")
    return url


def _check_host(host: str | None, port: int | None, netloc: str) -> None:
    if not host or (not _is_ip(host) and not _HOST_NAME.fullmatch(host)):
        raise ValueError("no host")
    if port == 0 or netloc.endswith(":"):
        raise ValueError("no port")


def _is_latin_1(text: str) -> bool:
    return all(ord(character) < 256 for character in text)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
