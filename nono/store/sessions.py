"""A session's life: begun, changed, emptied, cleared, brought back."""

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
    """Begins a session; answers ``("created" | "exists", hash)``."""
    flat = [word for pair in fields.items() for word in pair]
    return script(
        "session_create",
        (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY, owner_key(owner)),
        (user_id, epoch, *clock(), *flat),
        outcome_and_row,
    )


def update(user_id: str, fields: Row, *, epoch: str = "") -> Operation[Row | None]:
    """Changes fields of the hash and gives the session its full clock; answers None if there is none.

    With ``epoch`` only that life of the name is meant, none that begins meanwhile; so with ``clear`` and ``undo``.
    """
    flat = [word for pair in fields.items() for word in pair]
    keys = (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY)
    return script("session_update", keys, (user_id, epoch, *clock(), *flat), row_or_none)


def empty(user_id: str, epoch: str) -> Operation[int]:
    """Forgets the messages of a living session; answers how many, or -1 if there is no session."""
    return script("session_empty", session_keys(user_id), (epoch,), int)


def clear(user_id: str, token: str, session_id: str = "", *, epoch: str = "") -> Operation[Row | None]:
    """Takes a session away, with a copy for its undo; answers the hash as it was, or None.

    With ``session_id`` only that session of the name is meant, none that lives under it later.
    """
    keys = (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY, *undo_keys(user_id))
    return script("session_clear", keys, (user_id, token, UNDO_MS, session_id, epoch), row_or_none)


def cleared(user_id: str) -> Operation[Row | None]:
    """Reads the hash of the copy that a clear left, or None."""
    return command("HGETALL", undo_keys(user_id)[0], read=row_or_none)


def undo(user_id: str, token: str, *, epoch: str = "") -> Operation[tuple[str, Row]]:
    """Brings a cleared session back; answers ``("restored" | "gone" | "exists", hash)``."""
    session, history, sends, *_ = session_keys(user_id)
    keys = (session, history, sends, SESSION_INDEX, SESSION_RECENCY, *undo_keys(user_id))
    return script("session_undo", keys, (user_id, token, epoch), outcome_and_row)


def fields_of(user_id: str) -> Operation[Row | None]:
    """Reads the hash of one session, or None."""
    return command("HGETALL", session_key(user_id), read=row_or_none)
