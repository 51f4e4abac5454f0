"""The names of all keys and the clocks of those that no session has; docs/storage.md says what each holds."""

from django.conf import settings

from nono.hashing import short_hash
from nono.store import Argument

SESSION_INDEX = "session_index"
SESSION_RECENCY = "session_recency"
LEASE_MS = 8_000
UNDO_MS = 10_000
LIMIT_MS = 3_600_000
"""No limit of nono/rate_limits.py looks further back."""
PLACE_MS = 30_000
"""How long an open socket counts unless its process renews it (nono/realtime/connection_limits.py)."""

COUNTERS = "counters"
COUNTERS_PROCESSES = "counters_processes"
COUNTERS_MS = 30 * 24 * 3_600_000
"""For how long totals are kept after the last thing that was counted."""
PROCESSES_MS = 3_600_000
MINUTE_MS = 75 * 60_000
"""The dashboard's last hour, and time for what was counted while the store was away."""
QUARTER_MS = 25 * 3_600_000

SESSION = "session"
PARTS = ("chat_history", "chat_sends", "chat_reply")
"""The kinds of keys that a session has beside its hash and that die with it."""


def session_key(user_id: str) -> str:
    """Returns the key of the session's hash."""
    return f"session:{user_id}"


def history_key(user_id: str) -> str:
    """Returns the key of the list of messages."""
    return f"chat_history:{user_id}"


def sends_key(user_id: str) -> str:
    """Returns the key of what was already accepted, by client_id."""
    return f"chat_sends:{user_id}"


def reply_key(user_id: str) -> str:
    """Returns the key of the running reply's stream."""
    return f"chat_reply:{user_id}"


def lease_key(user_id: str) -> str:
    """Returns the key that says who runs the reply."""
    return f"chat_lease:{user_id}"


def tabs_key(user_id: str) -> str:
    """Returns the key of the sockets that have the session open; it may outlive the session, so it does not name it."""
    return f"chat_tabs:{short_hash(user_id)}"


def places_key(address: str) -> str:
    """Returns the key of the sockets of one client address."""
    return f"socket_places:{short_hash(address)}"


def owner_key(owner: str) -> str:
    """Returns the key of the index of one visitor's sessions."""
    return f"owner_index:{owner}"


def limit_key(counter: str) -> str:
    """Returns the key of a rate limit's state; ``counter`` names the policy and, by a hash, whom it counts for."""
    return f"limit:{counter}"


def minute_key(minute: int) -> str:
    """Returns the key of what was counted in a minute (unix time)."""
    return f"counters_minute:{minute}"


def quarter_key(quarter: int) -> str:
    """Returns the key of what was counted in a quarter of an hour (unix time)."""
    return f"counters_quarter:{quarter}"


def undo_keys(user_id: str) -> tuple[str, str, str]:
    """Returns the keys of the copy that a clear leaves for its undo."""
    session, history, sends, *_ = session_keys(user_id)
    return f"undo:{session}", f"undo:{history}", f"undo:{sends}"


def session_keys(user_id: str) -> tuple[str, str, str, str, str]:
    """Returns all keys of a living session, in the order in which the scripts take them."""
    return (
        session_key(user_id),
        history_key(user_id),
        sends_key(user_id),
        reply_key(user_id),
        lease_key(user_id),
    )


def own_clock_of(key: str) -> int | None:
    """Returns the longest life in ms of a key that is not part of a session's, None for any other key."""
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
    """Returns a session's full time and its cap in ms, as the scripts take them."""
    return settings.NONO_SESSION_TTL * 1000, settings.NONO_SESSION_MAX_AGE * 1000
