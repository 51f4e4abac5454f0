"""Who writes the replies: today the offline voice, for every installation."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Protocol

from chat_app.responders.offline import OfflineResponder

if TYPE_CHECKING:
    from chat_app.memory import ContextWindow


class Responder(Protocol):
    """Answers what is unanswered at the end of a window."""

    def stream(self, window: "ContextWindow") -> AsyncIterator[str]:
        """Yields the reply in pieces whose join is the whole of it."""


def responder() -> Responder:
    """Returns who answers in this installation."""
    return OfflineResponder()
