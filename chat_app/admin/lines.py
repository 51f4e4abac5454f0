"""How a message reads in a transcript."""

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
    """One message as the transcript shows it: who said it, when, what, and how a reply ended that was not done.

    ``safety`` is the level of danger that was found in it, ``level`` the same in words; both ``""`` where none was.
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
        """Reads a message; a reply has the name of whoever gave it, also where somebody else answers now.

        What a hand damaged is shown as it is.
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
    """Returns the names of whoever may speak while the transcript is open: by persona, and ``""`` for who answers now.

    A persona that is not in the file any more has the name of the one that answers in its place.
    """
    return {**{one.key: one.name for one in personas.every(get_language())}, "": name_of(session)}


def levels() -> Mapping[str, str]:
    """Returns the words for the levels of danger."""
    return {level: _(words) for level, words in SAFETY.items()}


def name_of(session: Session) -> str:
    """Returns the name of who answers in a chat, in the operator's language."""
    return persona_of(session).in_language(get_language()).name
