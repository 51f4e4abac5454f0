"""Who writes the replies: a model of LLM_BASE_URL or of a persona's endpoint, or the offline responder without one."""

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
    """Answers what is unanswered at the end of a window."""

    def stream(self, window: "ContextWindow") -> AsyncIterator[ReplyPart]:
        """Yields the reply's text in pieces (``str``), and between them what is known about it (``parts``).

        Raises ``ReplyFailed``, or ``ReplyInterrupted`` where what was yielded is worth keeping as a broken reply.
        """


def responder(persona: Persona) -> Responder:
    """Returns who answers as ``persona``; a model that fails is a failed reply, never another voice."""
    target = target_of(persona)
    return ModelResponder(target) if target else OfflineResponder()


async def model_answers() -> bool | None:
    """Tells whether every model that is configured can be expected to reply; None where none is."""
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
