"""All data that the store holds for one chat and its visitor: each kind of key with its size and expiry."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from nono import rate_limits, store
from nono.store import operations
from nono.store.operations import Held
from sessions_app.access import Visitor, may_see
from sessions_app.session import Session, not_found

INDEXES = (operations.SESSION_INDEX, operations.SESSION_RECENCY)


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of key that exists, by the prefix of its name.

    ``bytes`` is None if the store does not report sizes; ``expires_at`` is the latest expiry, ISO 8601 in UTC.
    """

    kind: str
    bytes: int | None
    expires_at: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """All kinds of keys; ``bytes`` is the sum of the known sizes."""

    user_id: str
    held: tuple[Holding, ...]

    @property
    def bytes(self) -> int:
        """Returns the sum of the known sizes."""
        return sum(one.bytes or 0 for one in self.held)

    def to_dict(self) -> dict[str, Any]:
        """Returns the response body for the visitor."""
        return {"user_id": self.user_id, "bytes": self.bytes, "held": [asdict(one) for one in self.held]}


def held_for(visitor: Visitor, user_id: str, address: str) -> Holdings:
    """Returns what the store holds for a chat, for the visitor and for their client address.

    The copy of a cleared chat counts until its undo expires. Raises ``SessionNotFound`` if the visitor may see neither
    a current nor a cleared chat of that name.
    """
    living, cleared = (_seen(visitor, row) for row in store.run_all(_of_that_name(user_id)))
    if living is None and cleared is None:
        raise not_found(user_id)
    keys = [*_keys_of(living), *(operations.undo_keys(user_id) if cleared else ()), *_keys_around(visitor, address)]
    shares = INDEXES if living else ()
    weighed = store.run_all([operations.held(keys), operations.held(shares, share_of=user_id)])
    return Holdings(user_id, _by_kind((*keys, *shares), [*weighed[0], *weighed[1]]))


def _of_that_name(user_id: str) -> Sequence[store.Operation[operations.Row | None]]:
    return operations.fields_of(user_id), operations.cleared(user_id)


def _seen(visitor: Visitor, row: operations.Row | None) -> Session | None:
    session = Session.from_row(row) if row else None
    return session if session and may_see(visitor, session) else None


def _keys_of(living: Session | None) -> tuple[str, ...]:
    if living is None:
        return ()
    name = living.user_id
    return (
        *operations.session_keys(name),
        operations.tabs_key(name),
        rate_limits.MESSAGES.key(living.session_id),
    )


def _keys_around(visitor: Visitor, address: str) -> tuple[str, ...]:
    return (
        operations.owner_key(visitor.owner),
        operations.places_key(address),
        rate_limits.NEW_SESSIONS.key(address),
        rate_limits.CLEARS.key(address),
    )


def _by_kind(keys: Sequence[str], held: Sequence[Held | None]) -> tuple[Holding, ...]:
    found: defaultdict[str, list[Held]] = defaultdict(list)
    for key, one in zip(keys, held, strict=True):
        if one:
            found[key.partition(":")[0]].append(one)
    return tuple(_together(kind, parts) for kind, parts in found.items())


def _together(kind: str, parts: Sequence[Held]) -> Holding:
    sizes = [part.bytes for part in parts if part.bytes is not None]
    last = datetime.fromtimestamp(max(part.expires_at_ms for part in parts) / 1000, UTC)
    return Holding(kind, sum(sizes) if sizes else None, last.isoformat(timespec="milliseconds"))
