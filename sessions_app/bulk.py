"""Some sessions, each meant by its ``session_id``, so that a name that lives again is never taken for what it was."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from nono import store
from nono.errors import InvalidUserId, SessionNotFound
from nono.metrics import counters
from nono.realtime import notifications
from nono.store import operations
from sessions_app.names import user_of_session_id
from sessions_app.session import Session


@dataclass(frozen=True, slots=True)
class Selection:
    """Sessions that somebody chose from a list; what ended meanwhile is passed over in silence."""

    session_ids: tuple[str, ...]

    def sessions(self) -> tuple[Session, ...]:
        """Returns those that still live, in the order in which they were chosen."""
        chosen = self._names()
        rows = store.run_all([operations.fields_of(name) for name in chosen.values()])
        return tuple(
            Session.from_row(row)
            for session_id, row in zip(chosen, rows, strict=True)
            if row and row.get("session_id") == session_id
        )

    def clear(self) -> tuple[Session, ...]:
        """Takes them and their histories away, as ``SessionManager.delete_session`` does, and returns them."""
        clears = [
            operations.clear(name, secrets.token_urlsafe(16), session_id) for session_id, name in self._names().items()
        ]
        cleared = [Session.from_row(row) for row in store.run_all(clears) if row]
        counters.count("sessions", len(cleared), event="cleared")
        return _told(cleared)

    def extend(self) -> tuple[Session, ...]:
        """Sets their clocks back to the full time, up to the greatest age, and returns them as they then are."""
        extensions = [operations.update(one.user_id, {}, epoch=one.epoch) for one in self.sessions()]
        return _told(Session.from_row(row) for row in store.run_all(extensions) if row)

    def _names(self) -> dict[str, str]:
        names = {}
        for session_id in self.session_ids:
            try:
                names[session_id] = user_of_session_id(session_id)
            except (InvalidUserId, SessionNotFound):  # nobody has such a session, so it is as if it had ended
                continue
        return names


def find(session_id: str) -> Session:
    """Returns the one living session of that ``session_id``; raises ``SessionNotFound``."""
    for session in Selection((session_id,)).sessions():
        return session
    raise ended(session_id)


def ended(session_id: str) -> SessionNotFound:
    """Returns the refusal for a session that was there when somebody chose it."""
    return SessionNotFound(f"There is no session {session_id[:100]!r}. It may have ended meanwhile.")


def _told(changed: Iterable[Session]) -> tuple[Session, ...]:
    """Rings for every session that changed, and returns them."""
    sessions = tuple(changed)
    for session in sessions:
        notifications.publish(session.user_id)
    return sessions
