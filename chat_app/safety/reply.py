"""The reply as it may be said: a fixed text first where somebody is about to act, and a model's words as read.

After that text the offline voice is silent: whatever a script said to it, it would not have understood.
"""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from django.conf import settings

from chat_app import responders
from chat_app.responders.parts import ContextCut, ReplyPart, TakenBack
from chat_app.safety.assessment import assess, higher
from chat_app.safety.fixed_texts import fixed_text
from chat_app.safety.output import Reader, read_through
from nono.danger import Level

if TYPE_CHECKING:
    from chat_app.context import ContextWindow
    from chat_app.messages import ChatMessage


async def safe_reply(window: "ContextWindow") -> AsyncGenerator[ReplyPart, None]:
    """Yields the parts of the reply to what is unanswered in a window; raises as the responder does.

    Reasoning is only among them where NONO_SHOW_REASONING is on and no danger was found in the chat.
    """
    voice = responders.responder(window.persona)
    scripted = isinstance(voice, responders.OfflineResponder)  # says nothing that was not written by us
    asked = _unanswered(window)
    imminent = _level(asked) == "imminent"
    language = _language(asked) if imminent or not scripted else ""
    if imminent and scripted:
        yield fixed_text("imminent", language)
        return
    first = f"{fixed_text('imminent', language)}\n\n" if imminent else ""
    if first:
        yield first
    parts = voice.stream(window)
    if not scripted:
        in_danger = window.safety != "none"
        shows_reasoning = settings.NONO_SHOW_REASONING and not in_danger
        parts = read_through(parts, lambda: Reader(language, in_danger=in_danger), shows_reasoning=shows_reasoning)
    async for part in parts:
        yield part
        if first and isinstance(part, TakenBack | ContextCut):
            yield first


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
