"""Definitions of all metrics: names, help texts, closed sets of labels; no user text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from nono.contract import LEVELS

Name = Literal[
    "messages",
    "replies",
    "sessions",
    "safety",
    "limits_hit",
    "requests",
    "store_failures",
    "first_token_seconds",
    "reply_seconds",
    "request_seconds",
    "store_seconds",
]
GaugeName = Literal[
    "sockets_open", "replies_running", "process_memory_bytes", "process_cpu_seconds_total", "process_start_time_seconds"
]

QUICK: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Histogram bounds, in seconds, of operations that should take milliseconds."""

ANSWERS: Final = (*QUICK, 10.0, 60.0)
"""Histogram bounds, in seconds, of requests; some requests wait for a whole reply."""

PATIENT: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Histogram bounds, in seconds, of replies of a model."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A counter or, with ``bounds`` (seconds, ascending), a histogram.

    ``labels`` maps its label names, in order, to the values that are exported as 0 before they occur; () if they are
    not known in advance. A ``charted`` metric is also stored by the minute, for the dashboard.
    """

    name: str
    help: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bounds: tuple[float, ...] = ()
    charted: bool = False


REPLY_STATES: Final = ("done", "stopped", "interrupted", "error")
PLACES: Final = ("page", "api", "admin", "health", "static", "other")

METERS: Final[Mapping[str, Meter]] = {
    meter.name: meter
    for meter in (
        Meter("messages", "Messages of visitors that were stored.", charted=True),
        Meter("replies", "Replies that ended and were stored, by state.", {"state": REPLY_STATES}, charted=True),
        Meter(
            "sessions",
            "Sessions that were created, cleared, brought back by an undo, or found to have reached their end.",
            {"event": ("created", "cleared", "restored", "expired")},
            charted=True,
        ),
        Meter(
            "safety",
            "Messages that were judged, by safety level and language.",
            {"level": LEVELS, "language": ()},
            charted=True,
        ),
        Meter(
            "limits_hit", "Requests and messages that a rate limit refused, by policy.", {"policy": ()}, charted=True
        ),
        Meter("requests", "HTTP requests that were answered, by place and status.", {"place": (), "status": ()}),
        Meter(
            "store_failures",
            "Questions to the store that failed, by reason.",
            {"reason": ("unreachable", "timeout", "refused", "damaged")},
        ),
        Meter(
            "first_token_seconds",
            "Time from the start of a reply to its first piece of text.",
            bounds=PATIENT,
            charted=True,
        ),
        Meter("reply_seconds", "Time from the start of a reply until it was stored.", bounds=PATIENT),
        Meter("request_seconds", "Time to answer an HTTP request, by place.", {"place": PLACES}, bounds=ANSWERS),
        Meter("store_seconds", "Time of a round trip to the store, by operation.", {"operation": ()}, bounds=QUICK),
    )
}

GAUGES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "sockets_open": ("Open websockets, by kind and process.", ("kind",)),
    "replies_running": ("Replies that are being written, by process.", ()),
    "process_memory_bytes": ("Resident memory, by process.", ()),
    "process_cpu_seconds_total": ("Processor time used so far, by process.", ()),
    "process_start_time_seconds": ("When the process started, in unix seconds.", ()),
}
"""Gauges of each process: the help text and the labels besides ``process``."""
