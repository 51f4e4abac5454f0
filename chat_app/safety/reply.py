"""The reply as it may be said: a fixed text first where somebody is about to act, and a model's words as read.

After that text the offline voice is silent: whatever a script said to it, it would not have understood.
"""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from chat_app import responders
from chat_app.safety.assessment import assess, higher
from chat_app.safety.fixed_texts import fixed_text
from chat_app.safety.output import Reader, read_through
from nono.danger import Level

if TYPE_CHECKING:
    from chat_app.context import ContextWindow
    from chat_app.messages import ChatMessage


async def safe_reply(window: "ContextWindow") -> AsyncGenerator[str, None]:
    """Yields the reply to what is unanswered in a window, piece by piece; raises as the responder does."""
    voice = responders.responder()
    scripted = isinstance(voice, responders.OfflineResponder)  # says nothing that was not written by us
    asked = _unanswered(window)
    imminent = _level(asked) == "imminent"
    language = _language(asked) if imminent or not scripted else ""
    if imminent and scripted:
        yield fixed_text("imminent", language)
        return
    if imminent:
        yield f"{fixed_text('imminent', language)}\n\n"
    pieces = voice.stream(window)
    if not scripted:
        pieces = read_through(pieces, Reader(language, in_danger=window.safety != "none"))
    async for piece in pieces:
        yield piece


def _unanswered(window: "ContextWindow") -> list["ChatMessage"]:
    replies = (message.metadata.get("in_reply_to") for message in window.messages if message.role == "assistant")
    answered = max((seq for seq in replies if isinstance(seq, int)), default=0)
    return [message for message in window.messages if message.role == "user" and message.seq > answered]


def _level(messages: list["ChatMessage"]) -> Level:
    level: Level = "none"
    for message in messages:
        level = higher(level, message.safety)
    return level


def _language(messages: list["ChatMessage"]) -> str:
    """Returns the language of the last message, which is not stored with it.

    Where the words alone do not tell ("qiero suisidarme"), what they were found to say does.
    """
    return assess(messages[-1].content).language if messages else ""
