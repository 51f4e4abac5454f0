"""The offline responder: a script in the tradition of ELIZA that replies if no model is configured."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from chat_app.responders.offline.compose import reply

if TYPE_CHECKING:
    from chat_app.context import ContextWindow

_WORD_AND_SPACE = re.compile(r"\S+\s*|\s+")


class OfflineResponder:
    """Streams a persona's scripted reply word by word; ``pace`` is the pause between words in seconds."""

    def __init__(self, *, pace: float = 0.03) -> None:
        self.pace = pace

    async def stream(self, window: "ContextWindow") -> AsyncIterator[str]:
        """Yields the reply in at least two pieces."""
        for number, piece in enumerate(_WORD_AND_SPACE.findall(reply(window))):
            if number:
                await asyncio.sleep(self.pace)
            yield piece


__all__ = ["OfflineResponder", "reply"]
