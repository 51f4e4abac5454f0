"""Validators of model settings other than URLs: each function checks one setting and returns its value.

The settings are LLM_… and the key variables of the endpoints in a personas file.
"""

import re
import ssl
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from nono.errors import NonoError
from nono.url_validators import Advice
from nono.web import strict_json

A_KEY: Final = "a key: printable ASCII characters without spaces"
A_VARIABLE: Final = "the name of a variable: capital letters, digits and _, beginning with a letter"

MAX_MODEL_NAME: Final = 200
MAX_HEADERS_BYTES: Final = 16 * 1024
MAX_BODY_BYTES: Final = 64 * 1024

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2
_OURS: Final = {
    name.lower(): name
    for name in (
        "Host",
        "Content-Length",
        "Content-Type",
        "Content-Encoding",
        "Transfer-Encoding",
        "Accept-Encoding",  # compression delays the stream and has no size limit
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
    )
}
"""Headers of the connection or of the body format, which cannot be set."""


def api_key(value: str) -> str | None:
    """Accepts printable ASCII without spaces; strips surrounding space. Returns None if blank."""
    key = value.strip()
    if key and not re.fullmatch(r"[!-~]+", key):
        raise ValueError("no key")
    return key or None


def model_name(value: str) -> str:
    """Accepts 1 to 200 printable characters; strips surrounding space."""
    name = value.strip()
    if not name.isprintable() or not 1 <= len(name) <= MAX_MODEL_NAME:
        raise ValueError("no name of a model")
    return name


def extra_headers(value: object) -> dict[str, str]:
    """Accepts a JSON object of header names and values; error messages quote nothing of it."""
    headers = _object(value, MAX_HEADERS_BYTES, quoting=False)
    for number, (name, text) in enumerate(headers.items(), start=1):
        if not _TOKEN.fullmatch(name):
            raise Advice(f"the name of header {number} has characters that no header's name has (RFC 9110)")
        if name.lower() in _OURS:
            raise Advice(f"{_OURS[name.lower()]} is Nono's own")
        if not isinstance(text, str) or not text.isprintable() or any(ord(character) > 255 for character in text):
            raise Advice(f"the value of header {number} is no text of printable Latin-1 characters")
    if len({name.lower() for name in headers}) < len(headers):
        raise Advice("one header is there twice, in capital and small letters")
    return {name: text.strip() for name, text in headers.items()}


def extra_body(value: object) -> dict[str, Any]:
    """Accepts a JSON object of fields for the body of each request; ``null`` removes a field."""
    fields = _object(value, MAX_BODY_BYTES, quoting=True)
    if "messages" in fields:
        raise Advice("messages is the chat, which Nono puts there itself")
    return fields


def certificates(path: Path) -> Path:
    """Accepts a PEM file of certificates that OpenSSL can load."""
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # also ssl.SSLError
        raise Advice(f"this one cannot be used: {_why(error)}") from None
    return path


def key_variable(value: str) -> str:
    """Accepts the name of an environment variable in capital letters, which excludes most keys given by mistake."""
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,99}", value):
        raise ValueError(f"it must be {A_VARIABLE}")
    return value


def key_variables(personas: Path) -> frozenset[str]:
    """Returns the key variables of the endpoints in a personas file; empty if it cannot be read."""
    try:
        endpoints = tomllib.loads(personas.read_text(encoding="utf-8")).get("endpoints")
    except (OSError, ValueError):  # ValueError: invalid UTF-8 or TOML
        return frozenset()
    tables = endpoints.values() if isinstance(endpoints, dict) else []
    names = [table.get("key") for table in tables if isinstance(table, Mapping)]
    return frozenset(name for name in names if isinstance(name, str))


def _object(value: object, max_bytes: int, *, quoting: bool) -> dict[str, Any]:
    try:
        parsed = strict_json.parse(value if isinstance(value, str) else strict_json.text_of(value), max_bytes=max_bytes)
    except (NonoError, TypeError, ValueError) as error:
        reason = str(error).removeprefix("The body is ").removesuffix(".") if quoting else "it is not valid JSON"
        raise Advice(reason) from None
    if not isinstance(parsed, dict):
        raise Advice("it is valid JSON, but no object")
    return parsed


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return "it has no certificate that OpenSSL can read"
    return error.strerror or type(error).__name__
