"""Names of all Redis keys, and TTLs of the keys outside a session; docs/storage.md describes their contents."""

from django.conf import settings

from nono.hashing import short_hash
from nono.store import Argument

SESSION_INDEX = "session_index"
SESSION_RECENCY = "session_recency"
LEASE_MS = 8_000
UNDO_MS = 10_000
LIMIT_MS = 3_600_000
"""TTL of a rate limit's state in ms; no limit of nono/rate_limits.py has a longer period."""
PLACE_MS = 30_000
"""TTL in ms of an open socket's slot; its process renews it (nono/realtime/connection_limits.py)."""

COUNTERS = "counters"
COUNTERS_PROCESSES = "counters_processes"
COUNTERS_MS = 30 * 24 * 3_600_000
"""TTL of the totals in ms, measured from the last count."""
PROCESSES_MS = 3_600_000
MINUTE_MS = 75 * 60_000
"""TTL in ms: the dashboard's last hour, and 15 minutes for counts made while the store was unavailable."""
QUARTER_MS = 25 * 3_600_000

SESSION = "session"
PARTS = ("chat_history", "chat_sends", "chat_reply")
"""Key prefixes of a session besides its hash; these keys expire with it."""


def session_key(user_id: str) -> str:
    """Returns the key of the session's hash."""
    return f"session:{user_id}"


def history_key(user_id: str) -> str:
    """Returns the key of the list of messages."""
    return f"chat_history:{user_id}"


def sends_key(user_id: str) -> str:
    """Returns the key of the hash that maps each accepted client_id to its seq."""
    return f"chat_sends:{user_id}"


def reply_key(user_id: str) -> str:
    """Returns the key of the running reply's stream."""
    return f"chat_reply:{user_id}"


def lease_key(user_id: str) -> str:
    """Returns the key of the lease: its value identifies the run that writes the reply."""
    return f"chat_lease:{user_id}"


def tabs_key(user_id: str) -> str:
    """Returns the key of the session's open sockets; it can outlive the session, so it holds a hash of the name."""
    return f"chat_tabs:{short_hash(user_id)}"


def places_key(address: str) -> str:
    """Returns the key of the sockets of one client address."""
    return f"socket_places:{short_hash(address)}"


def owner_key(owner: str) -> str:
    """Returns the key of the index of one visitor's sessions."""
    return f"owner_index:{owner}"


def limit_key(counter: str) -> str:
    """Returns the key of a rate limit's state; ``counter`` is the policy and a hash of the limited client."""
    return f"limit:{counter}"


def minute_key(minute: int) -> str:
    """Returns the key of the counters of one minute (unix time in minutes)."""
    return f"counters_minute:{minute}"


def quarter_key(quarter: int) -> str:
    """Returns the key of the counters of one quarter of an hour (unix time in quarters)."""
    return f"counters_quarter:{quarter}"


def undo_keys(user_id: str) -> tuple[str, str, str]:
    """Returns the keys of the copy that ``clear`` keeps for ``undo``."""
    session, history, sends, *_ = session_keys(user_id)
    return f"undo:{session}", f"undo:{history}", f"undo:{sends}"


def session_keys(user_id: str) -> tuple[str, str, str, str, str]:
    """Returns all keys of a session, in the order of the scripts' KEYS."""
    return (
        session_key(user_id),
        history_key(user_id),
        sends_key(user_id),
        reply_key(user_id),
        lease_key(user_id),
    )


def own_clock_of(key: str) -> int | None:
    """Returns the maximum TTL in ms of a key outside a session's own keys; None for any other key."""
    if key in {SESSION_INDEX, SESSION_RECENCY}:
        return int(settings.NONO_SESSION_MAX_AGE) * 1000
    if key in {COUNTERS, COUNTERS_PROCESSES}:
        return COUNTERS_MS if key == COUNTERS else PROCESSES_MS
    clocks = {
        "owner_index": int(settings.NONO_SESSION_MAX_AGE) * 1000,
        "chat_lease": LEASE_MS,
        "undo": UNDO_MS,
        "limit": LIMIT_MS,
        "chat_tabs": PLACE_MS,
        "socket_places": PLACE_MS,
        "counters_minute": MINUTE_MS,
        "counters_quarter": QUARTER_MS,
    }
    kind, colon, _ = key.partition(":")
    return clocks.get(kind) if colon else None


def clock() -> tuple[Argument, Argument]:
    """Returns a session's TTL and maximum age in ms, in the order of the scripts' ARGV."""
    return settings.NONO_SESSION_TTL * 1000, settings.NONO_SESSION_MAX_AGE * 1000
