"""The pause that an endpoint asks for before the next request (RFC 9110, 10.2.3; OpenAI's ``retry-after-ms``)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = 366 * 24 * 3600.0
"""Maximum in seconds; a longer pause is reduced to it, so that it can be added to a date."""

_SECONDS: Final = re.compile(r"[0-9]{1,400}(\.[0-9]{1,20})?", re.ASCII)


def seconds_asked_for(headers: Mapping[str, str]) -> float | None:
    """Returns the pause in seconds, 0 to ``LONGEST``; None if none is named or it is invalid.

    A date without a time zone, a negative number and words such as ``NaN`` are invalid.
    """
    if (milliseconds := _number(headers.get("Retry-After-Ms", ""))) is not None:
        return min(milliseconds / 1000, LONGEST)
    value = headers.get("Retry-After", "").strip()
    if (seconds := _number(value)) is not None:
        return seconds
    return _until(value)


def _number(value: str) -> float | None:
    return min(float(value), LONGEST) if _SECONDS.fullmatch(value.strip()) else None


def _until(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        return None
    try:
        return min(max((moment - datetime.now(UTC)).total_seconds(), 0), LONGEST)
    except OverflowError:
        return None
