"""Strict JSON parser for REST bodies and websocket frames."""

import json
import math
from typing import Any, NoReturn

from nono.errors import InvalidRequest, InvalidUserId, NonoError, TooLarge

MAX_BODY_BYTES = 64 * 1024
MAX_FRAME_BYTES = 16 * 1024
MAX_DEPTH = 32


def parse(data: str | bytes, *, max_bytes: int = MAX_BODY_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Parses RFC 8259 JSON and returns its value.

    Refuses input that Python's own parser accepts and that fails later: lone surrogates, NaN and
    infinities, duplicate keys, byte order marks, nesting over ``max_depth``. Raises ``TooLarge`` over
    ``max_bytes`` and ``InvalidRequest`` for everything else.
    """
    size = len(data) if isinstance(data, bytes) else len(data.encode(errors="surrogatepass"))
    if size > max_bytes:
        raise TooLarge(f"The body has {size} bytes; at most {max_bytes} are allowed.")
    try:
        text = data.decode() if isinstance(data, bytes) else data
        value = json.loads(
            text, parse_float=_finite, parse_constant=_no_constant, object_pairs_hook=_without_duplicates
        )
        check_depth(value, max_depth)
        text_of(value).encode()
    except UnicodeDecodeError:
        raise InvalidRequest("The body is not valid UTF-8.") from None
    except UnicodeEncodeError:
        raise _no_text(value) from None
    except RecursionError:
        raise InvalidRequest(_too_deep(max_depth)) from None
    except ValueError as error:
        raise InvalidRequest(f"The body is not valid JSON: {_reason(error)}.") from None
    return value


def text_of(value: Any) -> str:
    """Serialises ``value`` as compact JSON without ASCII escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def check_depth(value: Any, max_depth: int, what: str = "The body") -> None:
    """Raises ``InvalidRequest`` if ``value`` nests objects and arrays over ``max_depth`` levels."""
    layer, depth = [value], 0
    while layer := [inner for outer in layer for inner in _inside(outer)]:
        depth += 1
        if depth > max_depth:
            raise InvalidRequest(_too_deep(max_depth, what))


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values()) or [None]
    if isinstance(value, list):
        return value or [None]
    return []


def _no_text(value: Any) -> NonoError:
    """Returns the error for a lone surrogate: ``InvalidUserId`` if it is in a name."""
    names = [value.get(field) for field in ("user_id", "session_id")] if isinstance(value, dict) else []
    for name in filter(None, names):
        if any("\ud800" <= character <= "\udfff" for character in str(name)):
            return InvalidUserId(f"The name {str(name)[:40]!a} contains a lone surrogate, which is not text.")
    return InvalidRequest("The body contains a lone surrogate, which is not text.")


def _too_deep(max_depth: int, what: str = "The body") -> str:
    return f"{what} nests deeper than {max_depth} levels."


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is not a finite number")
    return number


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON value")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:40]!r} appears twice")
    return found


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    return str(error)[:120]
