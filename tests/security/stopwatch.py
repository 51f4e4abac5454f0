"""Times a visitor's calls at two installations in turn; runs in a process of its own, so that nothing else is timed."""

import http.client
import json
import statistics
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

CALLS = (
    ("GET", "/api/session/Vi/history"),
    ("POST", "/api/session/Vi/extend"),
    ("GET", "/api/sessions"),
    ("GET", "/ready"),
)
"""Reading, writing (which rings every open list's bell), listing, and asking the store for a sign of life."""


@dataclass(frozen=True)
class Round:
    """What one round saw of each installation: the time within which 95 % of the calls were answered, and how."""

    quiet_p95: float
    crowded_p95: float
    statuses: frozenset[int]

    @property
    def ratio(self) -> float:
        """Returns by what factor the crowd slows others."""
        return self.crowded_p95 / self.quiet_p95


class Visitor:
    """Somebody with a chat of their own, on one connection that is kept."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self._cookie = ""
        self.statuses: set[int] = set()

    def begin(self, user_id: str = "Vi") -> str:
        """Creates the chat and returns the cookie that it belongs to."""
        answer = self.call("POST", "/api/session/create", json.dumps({"user_id": user_id}))
        assert answer.status == 201
        self._cookie = str(answer.getheader("Set-Cookie")).partition(";")[0]
        return self._cookie

    def call(self, method: str, path: str, body: str | None = None) -> http.client.HTTPResponse:
        """Makes a call and waits for all of the answer."""
        headers = {"Content-Type": "application/json"} | ({"Cookie": self._cookie} if self._cookie else {})
        self._line.request(method, path, body, headers)
        answer = self._line.getresponse()
        answer.read()
        self.statuses.add(answer.status)
        return answer

    def time(self, method: str, path: str) -> float:
        """Returns the seconds that a call takes."""
        since = time.perf_counter()
        self.call(method, path)
        return time.perf_counter() - since


def compare(quiet: str, crowded: str, rounds: int, calls: int) -> list[Round]:
    """Makes the same calls at both addresses in turn, so that what else the machine does strikes both alike."""
    visitors = [Visitor(quiet), Visitor(crowded)]
    for one in visitors:
        one.begin()
    _round(visitors, len(CALLS) * 5)  # what happens once in a process is nobody's slowness
    return [_round(visitors, calls) for _ in range(rounds)]


def _round(visitors: list[Visitor], calls: int) -> Round:
    times: list[list[float]] = [[] for _ in visitors]
    for one in visitors:
        one.statuses.clear()
    for number in range(calls):
        for one, its in zip(visitors, times, strict=True):
            its.append(one.time(*CALLS[number % len(CALLS)]))
    quiet, crowded = (statistics.quantiles(its, n=20)[-1] for its in times)
    return Round(quiet, crowded, frozenset(set.union(*(one.statuses for one in visitors))))
