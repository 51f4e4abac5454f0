"""Server time, and formatting of times and durations for people."""

from datetime import UTC, datetime

from django.utils.translation import gettext as _


def now() -> str:
    """Returns the server's time, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def ago(timestamp: str) -> str:
    """Returns the time since an ISO 8601 time: ``5 min ago``; ``unknown`` if it is not a time."""
    seconds = _seconds_to(timestamp)
    return _("unknown") if seconds is None else _("%(span)s ago") % {"span": span(-seconds)}


def until(timestamp: str) -> str:
    """Returns the time until an ISO 8601 time: ``55 min``."""
    seconds = _seconds_to(timestamp)
    return _("unknown") if seconds is None else span(seconds)


def moment(timestamp: str) -> str:
    """Returns an ISO 8601 time to the second, in UTC: ``2026-10-21 14:05:09 UTC``; or ``unknown``."""
    try:
        read = datetime.fromisoformat(timestamp)
    except ValueError:
        return _("unknown")
    return f"{read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(seconds: float) -> str:
    """Returns a duration in its largest unit."""
    whole = max(round(seconds), 0)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if whole >= 2 * size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def seconds_of(text: str) -> int:
    """Parses ``90s``, ``30m``, ``2h`` or ``1d`` to seconds; raises ``ValueError`` for anything else."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and unit in units):
        raise ValueError(f"{text!r} is not a length of time; write 90s, 30m, 2h or 1d.")
    return int(number) * units[unit]


def _seconds_to(timestamp: str) -> float | None:
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
