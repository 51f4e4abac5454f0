"""Operations that find and repair damaged or leftover keys; requests must not use them."""

from collections.abc import Sequence
from typing import Any

from nono.store import Operation, command, script
from nono.store.decode import text_of
from nono.store.keys import SESSION_INDEX, SESSION_RECENCY, clock, history_key, session_key, session_keys


def mend(
    user_id: str, *, fix: bool, idle_seconds: int | None = None, persona: str | None = None
) -> Operation[list[str]]:
    """Checks one session; with ``fix`` repairs or removes it. Returns the findings that session_mend.lua lists."""
    keys = (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY)
    idle_ms = "" if idle_seconds is None else idle_seconds * 1000
    arguments = (user_id, *clock(), int(fix), idle_ms, persona or "")
    return script("session_mend", keys, arguments, lambda answer: [text_of(one) for one in answer])


def orphans(part: str, user_ids: Sequence[str], *, fix: bool) -> Operation[int]:
    """Counts the keys of one of ``PARTS`` whose session is gone; with ``fix`` removes them."""
    keys = [key for user_id in user_ids for key in (session_key(user_id), f"{part}:{user_id}")]
    return script("key_orphans", keys, (int(fix),), int)


def trim(user_id: str, keep: int, before: str, persona: str, *, fix: bool) -> Operation[int]:
    """Counts messages beyond the newest ``keep`` or older than ``before`` (ISO time); with ``fix`` removes them."""
    return script("message_trim", (session_key(user_id), history_key(user_id)), (int(fix), keep, before, persona), int)


def kept(user_id: str) -> Operation[int]:
    """Counts the stored messages of a session."""
    return command("LLEN", history_key(user_id), read=int)


def keys_without_ttl(keys: Sequence[str], clock_ms: int, *, fix: bool) -> Operation[int]:
    """Counts the keys without TTL; with ``fix`` sets their TTL to ``clock_ms``."""
    return script("key_without_ttl", keys, (int(fix), clock_ms), int)


def stale(members: Sequence[str], *, fix: bool) -> Operation[tuple[int, int, int]]:
    """Counts index members without a session as ``(past, early, unknown)``; with ``fix`` removes them."""
    keys = (SESSION_INDEX, SESSION_RECENCY, *map(session_key, members))
    return script("index_stale", keys, (int(fix), *members), lambda answer: (answer[0], answer[1], answer[2]))


def scan(cursor: int, count: int) -> Operation[tuple[int, list[str]]]:
    """Reads one batch of all keys with SCAN; returns the next cursor and the keys. Requests must not use it."""
    return command("SCAN", cursor, "COUNT", count, read=_scanned)


def scan_index(index: str, cursor: int, count: int) -> Operation[tuple[int, list[str]]]:
    """Reads one batch of an index with ZSCAN; returns the next cursor and the members."""

    def members_only(answer: Any) -> tuple[int, list[str]]:
        found = answer[1]
        names = [pair[0] for pair in found] if found and isinstance(found[0], (tuple, list)) else found[::2]
        return int(answer[0]), [text_of(name) for name in names]

    return command("ZSCAN", index, cursor, "COUNT", count, read=members_only)


def size() -> Operation[int]:
    """Counts the keys of the store."""
    return command("DBSIZE", read=int)


def _scanned(answer: Any) -> tuple[int, list[str]]:
    return int(answer[0]), [text_of(key) for key in answer[1]]
