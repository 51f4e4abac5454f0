"""Operations that create, update, empty, clear and restore a session."""

from nono.store import Operation, command, script
from nono.store.decode import Row, outcome_and_row, row_or_none
from nono.store.keys import (
    SESSION_INDEX,
    SESSION_RECENCY,
    UNDO_MS,
    clock,
    owner_key,
    session_key,
    session_keys,
    undo_keys,
)


def create(user_id: str, owner: str, epoch: str, fields: Row) -> Operation[tuple[str, Row]]:
    """Creates a session; returns ``("created" | "exists", hash)``."""
    flat = [word for pair in fields.items() for word in pair]
    return script(
        "session_create",
        (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY, owner_key(owner)),
        (user_id, epoch, *clock(), *flat),
        outcome_and_row,
    )


def update(user_id: str, fields: Row, *, epoch: str = "") -> Operation[Row | None]:
    """Sets fields of the hash and resets the session's TTL; returns the hash, or None if there is no such session.

    With ``epoch`` it applies only to the session with that epoch, not to a later one of the same name. ``clear`` and
    ``undo`` use ``epoch`` in the same way.
    """
    flat = [word for pair in fields.items() for word in pair]
    keys = (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY)
    return script("session_update", keys, (user_id, epoch, *clock(), *flat), row_or_none)


def empty(user_id: str, epoch: str) -> Operation[int]:
    """Deletes the messages of a session; returns their number, or -1 if there is no such session."""
    return script("session_empty", session_keys(user_id), (epoch,), int)


def clear(user_id: str, token: str, session_id: str = "", *, epoch: str = "") -> Operation[Row | None]:
    """Deletes a session and keeps a copy for ``undo``; returns the hash before deletion, or None.

    With ``session_id`` it applies only to the session with that id, not to a later one of the same name.
    """
    keys = (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY, *undo_keys(user_id))
    return script("session_clear", keys, (user_id, token, UNDO_MS, session_id, epoch), row_or_none)


def cleared(user_id: str) -> Operation[Row | None]:
    """Reads the hash of the copy that ``clear`` kept; None if there is no copy."""
    return command("HGETALL", undo_keys(user_id)[0], read=row_or_none)


def undo(user_id: str, token: str, *, epoch: str = "") -> Operation[tuple[str, Row]]:
    """Restores a cleared session; returns ``("restored" | "gone" | "exists", hash)``."""
    session, history, sends, *_ = session_keys(user_id)
    keys = (session, history, sends, SESSION_INDEX, SESSION_RECENCY, *undo_keys(user_id))
    return script("session_undo", keys, (user_id, token, epoch), outcome_and_row)


def fields_of(user_id: str) -> Operation[Row | None]:
    """Reads the hash of one session; None if there is no such session."""
    return command("HGETALL", session_key(user_id), read=row_or_none)
