"""How a chat's facts read in the admin; no text of it is among them."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from sessions_app import personas
from sessions_app.admin.pages import page_url
from sessions_app.session import Session
from sessions_app.times import ago, moment, span

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list; the exact times are for whoever points at the others."""

    session_id: str
    url: str
    name: str
    persona: str
    created: str
    created_at: str
    active: str
    active_at: str
    messages: int
    left: str

    @classmethod
    def of(cls, session: Session) -> "Row":
        """Reads a session."""
        return cls(
            session_id=session.session_id,
            url=page_url("change", session.session_id),
            name=session.user_id,
            persona=persona_name(session),
            created=ago(session.created_at),
            created_at=moment(session.created_at),
            active=ago(session.last_activity),
            active_at=moment(session.last_activity),
            messages=session.message_count,
            left=time_left(session),
        )


def facts_of(session: Session) -> Iterator[tuple[str, Facts]]:
    """Yields what an operator may know of a chat without reading it, in groups."""
    yield (
        "Chat",
        (("Name", session.user_id), ("Session ID", session.session_id), ("Persona", persona_name(session))),
    )
    yield (
        "Clocks",
        (
            ("Created", f"{moment(session.created_at)} ({ago(session.created_at)})"),
            ("Last activity", f"{moment(session.last_activity)} ({ago(session.last_activity)})"),
            ("Ends", f"{_end_of(session)} (in {time_left(session)})"),
        ),
    )
    kept = min(session.message_count, settings.NONO_HISTORY_LIMIT)
    yield "Counts", (("Messages", str(session.message_count)), ("Of these kept", str(kept)))


def metadata_of(session: Session) -> str:
    """Returns the metadata that the chat was created with, as indented JSON, or ``""``."""
    return json.dumps(session.metadata, ensure_ascii=False, indent=2) if session.metadata else ""


def persona_name(session: Session) -> str:
    """Returns who answers; of somebody who is not in the personas file any more, the key."""
    return {one.key: one.name for one in personas.every()}.get(session.persona, session.persona)


def time_left(session: Session) -> str:
    """Returns how long the chat will live, from now: ``55 min``."""
    return span(session.expires_at_ms / 1000 - time.time())


def _end_of(session: Session) -> str:
    try:
        return moment(session.expires_at)
    except (ValueError, OverflowError, OSError):  # a clock that somebody damaged by hand
        return "unknown"
