"""Presentation of messages in a transcript."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chat_app.context import persona_of
from chat_app.messages import ChatMessage
from chat_app.reply_end import WORDS, end_of
from sessions_app import personas
from sessions_app.admin.rows import SAFETY
from sessions_app.session import Session
from sessions_app.times import moment


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the transcript: author, time, text, and the ending of a reply that did not end normally.

    ``safety`` is the level of danger that was found in it, ``level`` its label; both are ``""`` without danger.
    """

    id: str
    role: str
    by: str
    at: str
    moment: str
    ending: str
    text: str
    safety: str = ""
    level: str = ""

    @classmethod
    def of(cls, message: ChatMessage, session: Session) -> "Line":
        """Returns the line of a message; a reply has the name of the persona that wrote it, not of the current one.

        Damaged fields are shown as they are.
        """
        at, text = str(message.timestamp), str(message.content)
        if message.role == "user":
            safety = message.safety if message.safety in SAFETY else ""
            level = _(SAFETY[safety]) if safety else ""
            return cls(message.id, "user", _("Visitor"), at, moment(at), "", text, safety, level)
        metadata: Any = message.metadata
        told = metadata if isinstance(metadata, dict) else {}
        by = name_of(replace(session, persona=str(told.get("persona", session.persona))))
        end = end_of(told)
        return cls(message.id, "assistant", by, at, moment(at), _(WORDS[end]) if end else "", text)


def speakers(session: Session) -> Mapping[str, str]:
    """Returns the names of all personas by key, and the name of the session's persona under ``""``.

    A persona that was removed from the file has the name of its replacement.
    """
    return {**{one.key: one.name for one in personas.every(get_language())}, "": name_of(session)}


def levels() -> Mapping[str, str]:
    """Returns the translated labels of the levels of danger."""
    return {level: _(words) for level, words in SAFETY.items()}


def name_of(session: Session) -> str:
    """Returns the name of a chat's persona in the operator's language."""
    return persona_of(session).in_language(get_language()).name
