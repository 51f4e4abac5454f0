"""Rate limits: one function per policy."""

import math
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from nono import store
from nono.errors import RateLimited
from nono.hashing import short_hash
from nono.metrics import counters
from nono.store import operations

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Policy:
    """Rate limit of ``units`` per ``seconds`` with bursts up to ``burst``, counted in the store."""

    name: str
    units: int
    seconds: int
    burst: int
    sentence: str

    def operation(self, whom: str) -> store.Operation[int]:
        """Returns the operation that takes one unit for ``whom``; it returns the milliseconds to wait, 0 if granted."""
        return operations.take_rate_limit(self._counter(whom), self.seconds * 1000 // self.units, self.burst)

    def key(self, whom: str) -> str:
        """Returns the Redis key of the counter of ``whom``."""
        return operations.limit_key(self._counter(whom))

    def check(self, wait_ms: int) -> None:
        """Raises ``RateLimited`` if ``wait_ms`` is not 0."""
        if wait_ms:
            counters.count("limits_hit", policy=self.name)
            seconds = math.ceil(wait_ms / 1000)
            unit = "second" if seconds == 1 else "seconds"
            raise RateLimited(f"{self.sentence} Please wait {seconds} {unit}.", retry_after=seconds)

    def _counter(self, whom: str) -> str:
        return f"{self.name}:{short_hash(whom)}"


MESSAGES = Policy("messages", 30, MINUTE, 10, "That is more than 30 messages a minute in this chat.")
NEW_SESSIONS = Policy("sessions", 60, HOUR, 20, "That is more than 60 new sessions an hour from your address.")
CLEARS = Policy("clears", 600, HOUR, 300, "That is more than 600 cleared chats an hour from your address.")
"""The burst of 300 allows clearing all chats of a visitor: as many as five hours of new sessions."""

LOGINS = Policy("logins", 60, HOUR, 10, "That is more than 60 attempts to sign in an hour.")


def allow_login(address: str, name: str) -> None:
    """Raises ``RateLimited`` over 60 attempts to sign in an hour (10 at once), from one address or for one name."""
    if settings.NONO_RATE_LIMITS:
        for whom in (f"address {address}", f"name {name.casefold()}"):
            LOGINS.check(store.run(LOGINS.operation(whom)))


def allow_new_session(address: str) -> None:
    """Raises ``RateLimited`` over 60 new sessions an hour (20 at once) from one address."""
    if settings.NONO_RATE_LIMITS:
        NEW_SESSIONS.check(store.run(NEW_SESSIONS.operation(address)))


def allow_clear(address: str) -> None:
    """Raises ``RateLimited`` over 600 clears an hour (300 at once) from one address."""
    if settings.NONO_RATE_LIMITS:
        CLEARS.check(store.run(CLEARS.operation(address)))


async def allow_message(session_id: str) -> None:
    """Raises ``RateLimited`` over 30 messages a minute (10 at once) in one session."""
    if settings.NONO_RATE_LIMITS:
        MESSAGES.check(await store.arun(MESSAGES.operation(session_id)))
