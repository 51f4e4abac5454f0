"""Who is connected: each open socket holds a place, which it keeps by a beat and loses with its process."""

from collections.abc import Sequence

from nono.store import Operation, command, script
from nono.store.keys import PLACE_MS, tabs_key


def acquire_slot(key: str, socket: str, limit: int) -> Operation[bool]:
    """Takes a place for a socket; answers False where ``limit`` of them are taken (0: there is no limit)."""
    return script("connection_acquire", (key,), (socket, limit, PLACE_MS), bool)


def renew_slots(places: Sequence[tuple[str, str]]) -> Operation[bool]:
    """Keeps many places, ``(key, socket)`` each, for another ``PLACE_MS``."""
    keys, sockets = [key for key, _ in places], [socket for _, socket in places]
    return script("connection_renew", keys, (PLACE_MS, *sockets), bool)


def release_slot(key: str, socket: str) -> Operation[bool]:
    """Gives a place back at once; answers False where it was lost already."""
    return command("ZREM", key, socket, read=bool)


def tabs_of(user_ids: Sequence[str]) -> Operation[list[int]]:
    """Counts the live tabs of each of many sessions, those of all processes; the answers are in order."""
    return script(
        "connection_count", [tabs_key(user_id) for user_id in user_ids], (), lambda answer: [int(one) for one in answer]
    )
