"""Removes histories without a session and old messages of existing sessions, in batches."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings

from nono import store
from nono.store import operations
from sessions_app.cleanup import batches


@dataclass(slots=True)
class HistorySweep:
    """One clean-up; without ``fix`` nothing is changed. ``step`` is called after every batch with its number of keys.

    The newest ``keep`` messages of every chat stay, except those older than ``older_than``; ``persona`` limits both to
    its chats. Messages that wait for a reply always stay. Chats that are changed keep their TTL.
    """

    fix: bool = True
    keep: int = field(default_factory=lambda: int(settings.NONO_HISTORY_LIMIT))
    older_than: timedelta | None = None
    persona: str = ""
    step: Callable[[int], object] = lambda _looked_at: None
    histories: int = 0
    orphans: int = 0
    chats: int = 0
    messages: int = 0

    def run(self) -> "HistorySweep":
        """Scans all histories; counts them, the keys without a session, and the chats and messages to remove."""
        before = "" if self.older_than is None else f"{datetime.now(UTC) - self.older_than:%Y-%m-%dT%H:%M:%S}"
        for keys in batches(operations.scan):
            names: defaultdict[str, list[str]] = defaultdict(list)
            for key in dict.fromkeys(keys):
                kind, _, name = key.partition(":")
                names[kind].append(name)
            for part in operations.PARTS:
                if names[part]:
                    self.orphans += store.run(operations.orphans(part, names[part], fix=self.fix))
            self._trim(names[operations.PARTS[0]], before)
            self.step(len(keys))
        return self

    def _trim(self, user_ids: list[str], before: str) -> None:
        trims = [operations.trim(name, self.keep, before, self.persona, fix=self.fix) for name in user_ids]
        removed = store.run_all(trims) if trims else []
        self.histories += len(removed)
        self.chats += sum(count > 0 for count in removed)
        self.messages += sum(removed)
