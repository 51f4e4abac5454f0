"""Slots of open sockets: each socket holds one, which its process renews at an interval; otherwise it expires."""

from collections.abc import Sequence

from nono.store import Operation, command, script
from nono.store.keys import PLACE_MS, tabs_key


def acquire_slot(key: str, socket: str, limit: int) -> Operation[bool]:
    """Acquires a slot for a socket; returns False if ``limit`` slots are in use (0: no limit)."""
    return script("connection_acquire", (key,), (socket, limit, PLACE_MS), bool)


def renew_slots(places: Sequence[tuple[str, str]]) -> Operation[bool]:
    """Renews many slots, each a ``(key, socket)``, for another ``PLACE_MS``."""
    keys, sockets = [key for key, _ in places], [socket for _, socket in places]
    return script("connection_renew", keys, (PLACE_MS, *sockets), bool)


def release_slot(key: str, socket: str) -> Operation[bool]:
    """Releases a slot; returns False if it had expired."""
    return command("ZREM", key, socket, read=bool)


def tabs_of(user_ids: Sequence[str]) -> Operation[list[int]]:
    """Counts the open sockets of each session in all processes; the counts are in order."""
    return script(
        "connection_count", [tabs_key(user_id) for user_id in user_ids], (), lambda answer: [int(one) for one in answer]
    )
