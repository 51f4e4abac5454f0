"""Who writes the replies: the model of LLM_BASE_URL, or the offline voice where none is configured."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Protocol

from django.conf import settings

from chat_app.responders.client import aclose, endpoint
from chat_app.responders.offline import OfflineResponder
from chat_app.responders.openai import ModelResponder

if TYPE_CHECKING:
    from chat_app.context import ContextWindow


class Responder(Protocol):
    """Answers what is unanswered at the end of a window."""

    def stream(self, window: "ContextWindow") -> AsyncIterator[str]:
        """Yields the reply in pieces whose join is the whole of it.

        Raises ``ReplyFailed``, or ``ReplyInterrupted`` where what was yielded is worth keeping as a broken reply.
        """


def responder() -> Responder:
    """Returns who answers in this installation; a model that fails is a failed reply, never another voice."""
    return ModelResponder() if settings.LLM_BASE_URL else OfflineResponder()


async def model_answers() -> bool | None:
    """Tells whether the model's endpoint answers, within 2 s; None where none is configured."""
    return await endpoint().answers() if settings.LLM_BASE_URL else None


__all__ = ["ModelResponder", "OfflineResponder", "Responder", "aclose", "model_answers", "responder"]
