"""Operations on several sessions, by ``session_id``, so that a later session of the same name is not affected."""

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
    """Sessions selected from a list; those that ended meanwhile are skipped."""

    session_ids: tuple[str, ...]

    def sessions(self) -> tuple[Session, ...]:
        """Returns those that still exist, in the order of the selection."""
        chosen = self._names()
        rows = store.run_all([operations.fields_of(name) for name in chosen.values()])
        return tuple(
            Session.from_row(row)
            for session_id, row in zip(chosen, rows, strict=True)
            if row and row.get("session_id") == session_id
        )

    def clear(self) -> tuple[Session, ...]:
        """Deletes them and their histories, as ``SessionManager.delete_session`` does, and returns them."""
        clears = [
            operations.clear(name, secrets.token_urlsafe(16), session_id) for session_id, name in self._names().items()
        ]
        cleared = [Session.from_row(row) for row in store.run_all(clears) if row]
        counters.count("sessions", len(cleared), event="cleared")
        return _told(cleared)

    def extend(self) -> tuple[Session, ...]:
        """Resets their TTL, limited by the maximum age, and returns the updated sessions."""
        extensions = [operations.update(one.user_id, {}, epoch=one.epoch) for one in self.sessions()]
        return _told(Session.from_row(row) for row in store.run_all(extensions) if row)

    def _names(self) -> dict[str, str]:
        names = {}
        for session_id in self.session_ids:
            try:
                names[session_id] = user_of_session_id(session_id)
            except (InvalidUserId, SessionNotFound):  # no session can have this id: treated as ended
                continue
        return names


def find(session_id: str) -> Session:
    """Returns the session of that ``session_id``; raises ``SessionNotFound``."""
    for session in Selection((session_id,)).sessions():
        return session
    raise ended(session_id)


def ended(session_id: str) -> SessionNotFound:
    """Returns the error for a session that ended after it was selected."""
    return SessionNotFound(f"There is no session {session_id[:100]!r}. It may have ended meanwhile.")


def _told(changed: Iterable[Session]) -> tuple[Session, ...]:
    """Publishes a notification for every changed session, and returns the sessions."""
    sessions = tuple(changed)
    for session in sessions:
        notifications.publish(session.user_id)
    return sessions
