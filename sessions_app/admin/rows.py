"""Formats the facts of a chat for the admin, without its text."""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from sessions_app import personas
from sessions_app.admin.pages import page_url
from sessions_app.session import Session
from sessions_app.times import ago, moment, span

Facts = tuple[tuple[str, str], ...]

TO_THE_SECOND: Final = 120
"""Seconds below which the time left is shown in seconds."""

SAFETY: Final = {
    "unknown": gettext_noop("Not assessed"),
    "about_other": gettext_noop("About another"),
    "concern": gettext_noop("Concern"),
    "crisis": gettext_noop("Crisis"),
    "imminent": gettext_noop("Imminent"),
}
"""Translatable names of the levels of danger (nono/contract.py)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list; the exact times are for tooltips."""

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
    safety: str
    level: str
    tabs: int

    @classmethod
    def of(cls, session: Session, tabs: int) -> "Row":
        """Makes the row of a session with ``tabs`` open sockets."""
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
            safety=session.safety if session.safety in SAFETY else "",
            level=_(SAFETY[session.safety]) if session.safety in SAFETY else "",
            tabs=tabs,
        )


def facts_of(session: Session, *, tabs: int, kept: int) -> Iterator[tuple[str, Facts]]:
    """Yields the facts of a chat in groups, without its text; ``kept`` is the number of stored messages."""
    yield (
        _("Chat"),
        ((_("Name"), session.user_id), (_("Session ID"), session.session_id), (_("Persona"), persona_name(session))),
    )
    yield (
        _("Clocks"),
        (
            (_("Created"), f"{moment(session.created_at)} ({ago(session.created_at)})"),
            (_("Last activity"), f"{moment(session.last_activity)} ({ago(session.last_activity)})"),
            (_("Ends"), _("%(moment)s (in %(span)s)") % {"moment": _end_of(session), "span": time_left(session)}),
        ),
    )
    yield (
        _("Counts"),
        ((_("Messages"), str(session.message_count)), (_("Of these kept"), str(kept)), (_("Live tabs"), str(tabs))),
    )
    yield _("Safety"), ((_("Highest level"), _(SAFETY.get(session.safety, gettext_noop("Nothing found")))),)


def metadata_of(session: Session) -> str:
    """Returns the metadata that the chat was created with, as indented JSON, or ``""``."""
    return json.dumps(session.metadata, ensure_ascii=False, indent=2) if session.metadata else ""


def persona_name(session: Session) -> str:
    """Returns the name of the persona, or its key if the personas file does not have it any more."""
    return {one.key: one.name for one in personas.every(get_language())}.get(session.persona, session.persona)


def time_left(session: Session) -> str:
    """Returns the time until the chat expires: ``55 min``, rounded up as on the visitor's page."""
    left = session.expires_at_ms / 1000 - time.time()
    return span(math.ceil(left / 60) * 60 if left >= TO_THE_SECOND else left)


def _end_of(session: Session) -> str:
    try:
        return moment(session.expires_at)
    except (ValueError, OverflowError, OSError):  # a damaged expiry
        return _("unknown")
