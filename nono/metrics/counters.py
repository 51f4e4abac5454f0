"""In-process counters and histograms; nono/metrics/flusher.py sends them to the store.

``count("replies", state="done")`` and ``observe("first_token_seconds", 0.4)`` may be called from any thread or event
loop, and never raise. Names, labels and help texts are in nono/metrics/definitions.py. Labels are closed sets: texts
of visitors, names and addresses are never labels.
"""

import logging
import re
import threading
import time
from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from django.conf import settings

from nono.metrics.definitions import GAUGES, METERS, GaugeName, Name

logger = logging.getLogger(__name__)

Amounts = dict[str, int]
"""Amounts by field: ``name|label|label``; of a histogram ``…|le|<bound>`` and ``…|us``, the sum in microseconds."""

LONG_AGO: Final = 0
"""Key that collects all minutes that are too old for the dashboard."""

MINUTES_KEPT: Final = 60
"""Minutes that are buffered separately while the store is unreachable."""

FIELDS_KEPT: Final = 5000
"""Maximum number of fields per minute, above what the labels can produce: a wrong label cannot exhaust the memory."""

INFINITE: Final = "inf"

_UNFIT = re.compile(r"[^A-Za-z0-9_./:<>-]")


class Buffer:
    """Amounts by minute since the last ``take``; thread-safe."""

    def __init__(self) -> None:
        self._minutes: dict[int, Amounts] = {}
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._minutes)

    def add(self, *amounts: tuple[str, int]) -> None:
        """Adds amounts to the current minute."""
        minute = int(time.time()) // 60
        with self._lock:
            now = self._minutes.get(minute)
            if now is None:
                now = self._begin(minute)
            for field, amount in amounts:
                if field in now or len(now) < FIELDS_KEPT:
                    now[field] = now.get(field, 0) + amount

    def take(self) -> dict[int, Amounts]:
        """Returns all amounts by minute (unix time // 60) and empties the buffer."""
        with self._lock:
            taken, self._minutes = self._minutes, {}
        return taken

    def _begin(self, minute: int) -> Amounts:
        recent = sorted(one for one in self._minutes if one != LONG_AGO)
        if len(recent) >= MINUTES_KEPT:
            old = self._minutes.setdefault(LONG_AGO, {})
            for field, amount in self._minutes.pop(recent[0]).items():
                old[field] = old.get(field, 0) + amount
        return self._minutes.setdefault(minute, {})


buffer = Buffer()
gauges: dict[str, Callable[[], float]] = {}
"""Functions that read the gauges of this process, by field."""


def count(name: Name, by: int = 1, /, **labels: str | int) -> None:
    """Adds ``by`` to a counter; a name or label that is not in METERS is logged once and not counted."""
    if settings.NONO_METRICS and by and (field := _field(name, tuple(labels.items()))):
        buffer.add((field, by))


def observe(name: Name, seconds: float, /, **labels: str | int) -> None:
    """Adds a measurement, in seconds, to a histogram."""
    if settings.NONO_METRICS and (field := _field(name, tuple(labels.items()))):
        buffer.add((_bucket(field, name, seconds), 1), (f"{field}|us", round(max(seconds, 0) * 1_000_000)))


def register_gauge(name: GaugeName, read: Callable[[], float], /, **labels: str) -> None:
    """Registers a gauge of this process; ``read`` is called every few seconds from another thread."""
    if tuple(labels) != GAUGES[name][1]:
        raise ValueError(f"{name} has the labels {GAUGES[name][1]}, not {tuple(labels)}")
    gauges["|".join((name, *labels.values()))] = read


def _bucket(field: str, name: str, seconds: float) -> str:
    bounds = METERS[name].bounds
    place = bisect_left(bounds, seconds)
    return f"{field}|le|{bounds[place] if place < len(bounds) else INFINITE}"


@lru_cache(maxsize=4096)
def _field(name: str, labels: tuple[tuple[str, str | int], ...]) -> str:
    """Returns the field, or ``""`` for unknown names or labels; the cache makes each error be logged once."""
    meter, given = METERS.get(name), dict(labels)
    if meter is None or given.keys() != meter.labels.keys():
        known = METERS if meter is None else [*meter.labels]
        logger.error("not counted: %r with the labels %s; known are %s", name, [*given], [*known])
        return ""
    return "|".join((name, *(_fit(str(given[label])) for label in meter.labels)))


def _fit(value: str) -> str:
    return _UNFIT.sub("_", value)[:60] or "none"
