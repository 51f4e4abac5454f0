"""Clean-up: finds stale and damaged keys in batches and, with ``fix``, repairs or removes them.

Each script checks and repairs in one atomic step, so a clean-up may run while people chat: no acknowledged message is
lost, even if a name is used again at that moment.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from nono import store
from nono.realtime import notifications
from nono.store import Operation, operations

BATCH: Final = 200
"""Keys in one round trip: large enough to be fast, small enough not to block the server for other clients."""

FINDINGS: Final = {
    "orphan": "keys of chats whose session is gone",
    "without clock": "sessions with a key that would never die",
    "unequal clock": "sessions whose keys would not die together",
    "not listed": "sessions that the list does not show",
    "damaged": "sessions that cannot be read",
    "damaged part": "sessions with a key of the wrong kind",
    "eternal key": "other keys that would never die",
    "early entry": "entries of the list whose session went before its time",
    "stale entry": "entries of the list whose session has died",
    "idle": "sessions that were idle for too long",
}
"""Every kind of finding and its text. Stale entries are not a fault: the next listing removes them too."""


@dataclass(slots=True)
class Sweep:
    """One clean-up; ``found`` counts by kind, ``looked_at`` counts keys and entries.

    Without ``fix`` nothing is changed. With ``idle_seconds`` sessions without a message for that time are
    removed too, limited to one ``persona`` if given. ``step`` is called after every batch.
    """

    fix: bool = True
    idle_seconds: int | None = None
    persona: str | None = None
    step: Callable[[int], object] = lambda _looked_at: None
    found: Counter[str] = field(default_factory=Counter)
    looked_at: int = 0

    def run(self) -> "Sweep":
        """Checks all keys, then the entries of the indexes; notifies the open lists of changes."""
        for keys in batches(operations.scan):
            self._sweep_keys(keys)
        for index in (operations.SESSION_INDEX, operations.SESSION_RECENCY):
            for members in batches(partial(operations.scan_index, index)):
                self._sweep_entries(index, members)
        if self.fix and self.found.total():
            notifications.publish_list()
        return self

    def _sweep_keys(self, keys: list[str]) -> None:
        names: defaultdict[str, list[str]] = defaultdict(list)
        with_own_clock: defaultdict[int, list[str]] = defaultdict(list)
        for key in dict.fromkeys(keys):
            kind, _, name = key.partition(":")
            names[kind].append(name)
            if clock := operations.own_clock_of(key):
                with_own_clock[clock].append(key)
        for clock, some in with_own_clock.items():
            self.found["eternal key"] += store.run(operations.keys_without_ttl(some, clock, fix=self.fix))
        self._sweep_sessions(names[operations.SESSION])
        for part in operations.PARTS:
            if names[part]:
                self.found["orphan"] += store.run(operations.orphans(part, names[part], fix=self.fix))
        self._advance(len(keys))

    def _sweep_sessions(self, user_ids: list[str]) -> None:
        mend = partial(operations.mend, fix=self.fix, idle_seconds=self.idle_seconds, persona=self.persona)
        for findings in store.run_all([mend(user_id) for user_id in user_ids]):
            self.found.update(findings)

    def _sweep_entries(self, index: str, members: list[str]) -> None:
        past, early, unknown = store.run(operations.stale(members, fix=self.fix))
        if index == operations.SESSION_INDEX:
            self.found["stale entry"] += past
            self.found["early entry"] += early
        else:
            self.found["early entry"] += unknown
        self._advance(len(members))

    def _advance(self, count: int) -> None:
        self.looked_at += count
        self.step(count)


def batches(read: Callable[[int, int], Operation[tuple[int, list[str]]]]) -> Iterator[list[str]]:
    """Yields the results of a scan in batches; a few may occur twice."""
    cursor = 0
    while True:
        cursor, found = store.run(read(cursor, BATCH))
        if found:
            yield found
        if cursor == 0:
            return
