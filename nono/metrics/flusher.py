"""Sends the counts of this process to the store about once a second, in one round trip, from a thread of its own.

A batch that the store did not acknowledge is sent again under the same number, so nothing is counted twice; new counts
wait in a bounded buffer (nono/metrics/counters.py). A process that is killed loses the counts of about its last
second.
"""

import atexit
import contextlib
import logging
import os
import socket
import threading
import time
from pathlib import Path
from typing import Final

from django.conf import settings

from nono import store
from nono.metrics import counters
from nono.metrics.counters import Amounts
from nono.metrics.definitions import METERS
from nono.store import operations
from nono.store.health import REFUSALS, reason_of
from nono.store.operations import Batch

logger = logging.getLogger(__name__)

EVERY: Final = 1.0
"""Seconds between two batches if something was counted."""

BEAT: Final = 10.0
"""Maximum seconds between two batches: a process that sends nothing for ``ALIVE_MS`` counts as ended."""

NAME: Final = f"{socket.gethostname()}:{os.getpid()}".replace("|", "_")
"""Name of this process in metrics: host and process id."""


class MetricsFlusher:
    """Sends the counts and gauges of this process from a thread."""

    def __init__(self) -> None:
        self._process = f"{NAME}:{time.time_ns()}"  # process ids are reused; batch numbers must not be
        self._number = 0
        self._unsent: Batch | None = None
        self._sent_at = 0.0
        self._sending = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Starts the thread, once per process; ``end`` runs at exit."""
        if settings.NONO_METRICS and self._thread is None:
            self._thread = threading.Thread(target=self._send_regularly, name="metrics-flusher", daemon=True)
            self._thread.start()
            atexit.register(self.end)

    def end(self) -> None:
        """Sends the last counts and removes this process from the store's list; ignores an unreachable store."""
        if self._thread is not None and not self._ended.is_set():
            self._ended.set()
            with contextlib.suppress(*REFUSALS):
                self.send(leaving=True)

    def send(self, *, leaving: bool = False) -> None:
        """Sends the unsent batch and the new counts; on failure keeps them and raises ``StoreUnavailable``."""
        with self._sending:
            self._send_unsent()
            self._unsent = self._batch(leaving=leaving)
            self._send_unsent()

    def _send_regularly(self) -> None:
        away = False
        while not self._ended.wait(EVERY):
            if not counters.buffer and time.monotonic() - self._sent_at < BEAT:
                continue
            try:
                self.send()
                away = False
            except REFUSALS as refusal:
                if not away:
                    logger.warning("counts wait for the store: %s", reason_of(refusal))
                away = True

    def _send_unsent(self) -> None:
        if self._unsent is not None:
            store.run(operations.count(self._unsent))
            self._unsent, self._sent_at = None, time.monotonic()

    def _batch(self, *, leaving: bool) -> Batch:
        minutes = counters.buffer.take()
        totals: Amounts = {}
        for amounts in minutes.values():
            for field, amount in amounts.items():
                totals[field] = totals.get(field, 0) + amount
        charted = {minute: _charted(amounts) for minute, amounts in minutes.items() if minute != counters.LONG_AGO}
        charted.setdefault(int(time.time()) // 60, {})
        self._number += 1
        return Batch(self._process, self._number, totals, charted, told(), leaving)


keeper = MetricsFlusher()


def told() -> dict[str, float]:
    """Returns the gauges of this process, by field."""
    return {field: read() for field, read in list(counters.gauges.items())}


def _charted(amounts: Amounts) -> Amounts:
    return {field: amount for field, amount in amounts.items() if METERS[field.partition("|")[0]].charted}


def _resident_bytes() -> float:
    """Returns the resident memory from ``/proc`` (Linux only); raises OSError elsewhere."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


STARTED_AT = time.time()

counters.register_gauge("process_cpu_seconds_total", time.process_time)
counters.register_gauge("process_start_time_seconds", lambda: STARTED_AT)
with contextlib.suppress(OSError):
    _resident_bytes()
    counters.register_gauge("process_memory_bytes", _resident_bytes)
