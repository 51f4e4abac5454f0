"""SessionManager creates, reads, lists, extends, deletes and restores sessions."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from nono import store
from nono.errors import InvalidRequest, SessionExists, SessionNotFound
from nono.metrics import counters
from nono.realtime import notifications
from nono.store import Operation, operations
from nono.store.operations import Row
from nono.web.strict_json import check_depth, text_of
from sessions_app import personas
from sessions_app.listing import ListQuery, SessionPage
from sessions_app.names import clean_user_id
from sessions_app.session import Session, not_found
from sessions_app.survey import survey

MAX_METADATA_BYTES: Final = 4 * 1024
MAX_METADATA_DEPTH: Final = 5


@dataclass(frozen=True, slots=True)
class Cleared:
    """A session that was just cleared; the token ``undo`` restores it until ``undo_until`` (ISO 8601)."""

    session: Session
    undo: str
    undo_until: str


class SessionManager:
    """Creates, reads, changes and deletes sessions in the store.

    Methods that the websocket needs also have an asynchronous version with the prefix ``a``, as in Django.
    """

    def create_session(
        self,
        user_id: str,
        persona: str = personas.DEFAULT,
        metadata: dict[str, Any] | None = None,
        *,
        owner: str = "",
    ) -> Session:
        """Creates a session under a free name.

        Raises ``InvalidUserId``, ``SessionExists`` for a name in use, ``UnknownPersona``, and ``InvalidRequest`` for
        metadata over 4 KiB or 5 levels.
        """
        user_id = clean_user_id(user_id)
        now = datetime.now(UTC)
        fields = {
            "session_id": f"session_{user_id}_{int(now.timestamp())}",
            "user_id": user_id,
            "persona": personas.get(persona).key,
            "created_at": now.isoformat(),
            "last_activity": now.isoformat(),
            "metadata": _metadata_text(metadata or {}),
            "owner": owner,
        }
        outcome, row = store.run(operations.create(user_id, owner, secrets.token_hex(8), fields))
        if outcome == "exists":
            raise SessionExists(f"A session named {user_id!r} is alive. Choose another name, or open that one.")
        counters.count("sessions", event="created")
        notifications.publish(user_id)  # subscribers of an earlier epoch of the name may still be open
        return Session.from_row(row)

    def get_session(self, user_id: str) -> Session:
        """Returns the session of that name; raises ``SessionNotFound``."""
        return store.run(self._get(user_id))

    async def aget_session(self, user_id: str) -> Session:
        """Asynchronous version of ``get_session``."""
        return await store.arun(self._get(user_id))

    def update_session(
        self, user_id: str, *, persona: str | None = None, metadata: dict[str, Any] | None = None, epoch: str = ""
    ) -> Session:
        """Changes the persona or the metadata and resets the session's TTL.

        With ``epoch`` it applies only to the session with that epoch, not to a later one of the same name. Raises
        ``SessionNotFound``, ``InvalidUserId``, ``UnknownPersona`` and ``InvalidRequest`` as ``create_session`` does.
        """
        session = store.run(self._update(user_id, persona, metadata, epoch))
        notifications.publish(user_id)
        return session

    async def aupdate_session(
        self, user_id: str, *, persona: str | None = None, metadata: dict[str, Any] | None = None, epoch: str = ""
    ) -> Session:
        """Asynchronous version of ``update_session``."""
        session = await store.arun(self._update(user_id, persona, metadata, epoch))
        await notifications.apublish(user_id)
        return session

    def extend(self, user_id: str, *, epoch: str = "") -> Session:
        """Resets the TTL, limited by the maximum age; raises ``SessionNotFound``."""
        return self.update_session(user_id, epoch=epoch)

    async def aextend(self, user_id: str, *, epoch: str = "") -> Session:
        """Asynchronous version of ``extend``."""
        return await self.aupdate_session(user_id, epoch=epoch)

    def delete_session(self, user_id: str, *, epoch: str = "") -> Cleared:
        """Deletes a session and its history and keeps a copy for 10 s; raises ``SessionNotFound``."""
        token = secrets.token_urlsafe(16)
        row = store.run(operations.clear(user_id, token, epoch=epoch))
        if row is None:
            raise not_found(user_id)
        counters.count("sessions", event="cleared")
        notifications.publish(user_id)
        until = datetime.now(UTC).timestamp() + operations.UNDO_MS / 1000
        return Cleared(Session.from_row(row), token, datetime.fromtimestamp(until, UTC).isoformat())

    def get_cleared(self, user_id: str) -> Session:
        """Returns a session that was cleared within the last 10 s; raises ``SessionNotFound``."""
        return store.run(operations.cleared(user_id).then(lambda row: _session_or_refuse(row, user_id)))

    def undo(self, user_id: str, token: str = "", *, epoch: str = "") -> Session:
        """Restores a cleared session with the expiry that it had.

        Without a token it undoes the latest clear of that name. Raises ``SessionNotFound`` if there is nothing to
        restore and ``SessionExists`` if the name is in use again.
        """
        outcome, row = store.run(operations.undo(user_id, token, epoch=epoch))
        if outcome == "gone":
            raise SessionNotFound(f"There is no cleared session named {user_id!r} to bring back; it is kept for 10 s.")
        if outcome == "exists":
            raise SessionExists(f"A new session named {user_id!r} is alive, so the cleared one cannot come back.")
        counters.count("sessions", event="restored")
        notifications.publish(user_id)
        return Session.from_row(row)

    def list_active_sessions(self) -> list[str]:
        """Returns the names of all sessions, most recently active first."""
        rows = store.run(operations.members(operations.SESSION_RECENCY, ["session_id"]))
        return [row["member"] for row in rows if row["session_id"]]

    def list_sessions_detailed(self, query: ListQuery | None = None) -> SessionPage:
        """Returns one page of the sessions that match ``query``, and the number of all matches."""
        query = query or ListQuery()
        is_long = query.owner is None and not query.is_paged_by_index
        return survey(query) if is_long else store.run(query.operation())

    def count_kept(self, session: Session) -> int:
        """Returns the number of a session's messages that are stored; older ones may have been trimmed."""
        return store.run(operations.kept(session.user_id))

    def count_tabs(self, sessions: Sequence[Session]) -> list[int]:
        """Returns for each session the number of its open sockets, of all browsers and processes."""
        return store.run(operations.tabs_of([one.user_id for one in sessions]))

    async def alist_sessions_detailed(self, query: ListQuery | None = None) -> SessionPage:
        """Asynchronous version of ``list_sessions_detailed``."""
        return await store.arun((query or ListQuery()).operation())

    @staticmethod
    def _get(user_id: str) -> Operation[Session]:
        return operations.fields_of(user_id).then(lambda row: _session_or_refuse(row, user_id))

    @staticmethod
    def _update(user_id: str, persona: str | None, metadata: dict[str, Any] | None, epoch: str) -> Operation[Session]:
        fields = {}
        if persona is not None:
            fields["persona"] = personas.get(persona).key
        if metadata is not None:
            fields["metadata"] = _metadata_text(metadata)
        return operations.update(user_id, fields, epoch=epoch).then(lambda row: _session_or_refuse(row, user_id))


def _session_or_refuse(row: Row | None, user_id: str) -> Session:
    if row is None:
        raise not_found(user_id)
    return Session.from_row(row)


def _metadata_text(metadata: dict[str, Any]) -> str:
    check_depth(metadata, MAX_METADATA_DEPTH, "metadata")
    text = text_of(metadata)
    if len(text.encode()) > MAX_METADATA_BYTES:
        raise InvalidRequest(f"metadata has {len(text.encode())} bytes; at most {MAX_METADATA_BYTES} are allowed.")
    return text
