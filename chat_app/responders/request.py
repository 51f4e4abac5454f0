"""What a model is asked: a window as the body of a chat completion."""

from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from chat_app.context import ContextWindow
    from chat_app.messages import ChatMessage


def request_of(window: "ContextWindow") -> dict[str, Any]:
    """Returns the body of the request: the persona's instructions, then each message under its role."""
    return {
        "model": settings.LLM_MODEL,
        "messages": [{"role": "system", "content": window.system}, *_turns(window)],
        "temperature": window.persona.temperature,
        "max_tokens": window.persona.max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def _turns(window: "ContextWindow") -> list[dict[str, str]]:
    """Puts each reply behind what it answers, and what one side said in a row into one message.

    The templates of many models refuse anything but user and assistant in turn, beginning with the user. An empty
    reply said nothing.
    """
    turns: list[dict[str, str]] = []
    for message in sorted(window.messages, key=_place):
        if not message.content or (message.role == "assistant" and not turns):
            continue
        if turns and turns[-1]["role"] == message.role:
            turns[-1]["content"] += f"\n\n{message.content}"
        else:
            turns.append({"role": message.role, "content": message.content})
    return turns


def _place(message: "ChatMessage") -> float:
    answered = message.metadata.get("in_reply_to") if message.role == "assistant" else None
    return answered + 0.5 if isinstance(answered, int) and 0 < answered < message.seq else message.seq
