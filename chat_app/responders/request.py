"""Builds the request body of a chat completion from a window."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from chat_app.responders.dialect import Dialect
from chat_app.responders.targets import Target, target_of

if TYPE_CHECKING:
    from chat_app.context import ContextWindow
    from chat_app.messages import ChatMessage

CONTINUE: Final = "Continue exactly where you stopped, without repeating anything."
"""User message that requests the rest of the model's last reply."""


def request_of(window: "ContextWindow", target: Target | None = None, dialect: Dialect | None = None) -> dict[str, Any]:
    """Returns the request body: the persona's instructions, then each message with its role.

    The operator's extra fields are applied last, as a merge patch (RFC 7396) in which null removes a field.
    """
    target = target or target_of(window.persona)
    persona = window.persona
    optional = {
        "temperature": persona.temperature,
        "max_tokens": persona.max_tokens,
        "top_p": persona.top_p,
        "seed": persona.seed,
        "stop": list(persona.stop) or None,
    }
    body = {
        "model": target.model if target else settings.LLM_MODEL,
        "messages": [{"role": "system", "content": window.system}, *_turns(window)],
        **{name: value for name, value in optional.items() if value is not None},
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    body = _merged(body, target.extra_body if target else {})
    return dialect.speak(body) if dialect else body


def _turns(window: "ContextWindow") -> list[dict[str, str]]:
    """Moves each reply after the message it answers, and merges consecutive messages of one role.

    The chat templates of many models accept only alternating user and assistant messages that begin and end with the
    user. An empty reply is omitted; a reply that continues the previous one is joined to it.
    """
    turns: list[dict[str, str]] = []
    for message in sorted(window.messages, key=_place):
        if not message.content or (message.role == "assistant" and not turns):
            continue
        if turns and turns[-1]["role"] == message.role:
            between = "" if message.metadata.get("continues") else "\n\n"
            turns[-1]["content"] += f"{between}{message.content}"
        else:
            turns.append({"role": message.role, "content": message.content})
    if turns and turns[-1]["role"] == "assistant":
        turns.append({"role": "user", "content": CONTINUE})
    return turns


def _place(message: "ChatMessage") -> float:
    answered = message.metadata.get("in_reply_to") if message.role == "assistant" else None
    return answered + 0.5 if isinstance(answered, int) and 0 < answered < message.seq else message.seq


def _merged(body: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(body)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            known = merged.get(name)
            merged[name] = _merged(known if isinstance(known, dict) else {}, value)
        else:
            merged[name] = value
    return merged
