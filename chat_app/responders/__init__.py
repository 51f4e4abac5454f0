"""Responders write the replies: a model of LLM_BASE_URL or of a persona's endpoint, else the offline responder."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Protocol

from chat_app.responders.client import aclose
from chat_app.responders.errors import VISITOR_SENTENCES
from chat_app.responders.judgement import judgements
from chat_app.responders.offline import OfflineResponder
from chat_app.responders.openai import ModelResponder
from chat_app.responders.parts import ReplyPart
from chat_app.responders.targets import target_of
from sessions_app.personas import Persona

if TYPE_CHECKING:
    from chat_app.context import ContextWindow


class Responder(Protocol):
    """Writes the reply to the unanswered messages at the end of a window."""

    def stream(self, window: "ContextWindow") -> AsyncIterator[ReplyPart]:
        """Yields the reply's text in pieces (``str``), and between them the other parts (``parts.py``).

        Raises ``ReplyFailed``, or ``ReplyInterrupted`` if what was yielded is worth keeping as an incomplete reply.
        """


def responder(persona: Persona) -> Responder:
    """Returns the responder of ``persona``; if its model fails the reply fails, without a fallback responder."""
    target = target_of(persona)
    return ModelResponder(target) if target else OfflineResponder()


async def model_answers() -> bool | None:
    """Returns whether every configured model can be expected to reply; None if none is configured."""
    judged = await judgements()
    return all(one.works is not False for one in judged) if judged else None


__all__ = [
    "VISITOR_SENTENCES",
    "ModelResponder",
    "OfflineResponder",
    "Responder",
    "aclose",
    "model_answers",
    "responder",
]
