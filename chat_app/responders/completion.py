"""What a streamed chat completion says, event by event (OpenAI, "Chat Completions: streaming")."""

import json
from dataclasses import dataclass
from typing import Any, Final

from chat_app.responders.errors import EndpointError
from chat_app.responders.sse import EventStream, EventTooLong

MAX_REPLY: Final = 200_000
"""Characters of one reply; the greatest ``max_tokens`` of a persona makes fewer."""

USAGE_WAIT_S: Final = 1.0
"""Seconds for which the count of tokens is waited for when the answer is whole."""

LAST_WORD: Final = 0.05
"""Seconds for which the end of the response is waited for after ``[DONE]``, so that its connection serves again."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What one event says: new text, whether the answer is whole with it, how many tokens the question had."""

    text: str = ""
    finished: bool = False
    prompt_tokens: int = 0


class Completion:
    """Reads one answer; what is wrong with it is kept as ``error``, behind the text that came before."""

    def __init__(self) -> None:
        self.length = 0
        self.prompt_tokens = 0
        self.patience: float | None = None
        self.error: EndpointError | None = None
        self._events = EventStream()
        self._text = Text()

    @property
    def is_whole(self) -> bool:
        """Tells whether all of the text is there."""
        return self.patience is not None

    def take(self, received: bytes) -> str:
        """Returns the text that comes with ``received``; ``b""`` is the end of the response."""
        said = ""
        try:
            for event in self._events.take(received) if received else self._events.end():
                said += self._hear(event)
        except EndpointError as error:
            self.error = None if self.is_whole else error
        except EventTooLong:
            self.error = None if self.is_whole else EndpointError("The model endpoint sent an event without an end.")
        text = self._text.add(said) + ("" if received else self._text.end())
        return self._bounded(text)

    def _bounded(self, text: str) -> str:
        room = MAX_REPLY - self.length
        self.length += len(text)
        if len(text) > room:
            self.error = EndpointError(f"The model's reply has more than {MAX_REPLY} characters.")
        return text[:room]

    def _hear(self, event: bytes) -> str:
        if event.strip() == b"[DONE]":
            self.patience = LAST_WORD
            return ""
        delta = read_delta(event)
        if delta.finished and self.patience is None:
            self.patience = USAGE_WAIT_S
        self.prompt_tokens = delta.prompt_tokens or self.prompt_tokens
        return delta.text


def read_delta(event: bytes) -> Delta:
    """Reads the JSON of an event; raises ``EndpointError`` where it is none, or reports that the endpoint failed."""
    try:
        told = json.loads(event.decode(errors="replace"))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise EndpointError("The model endpoint sent an event that is not a completion.")
    choices = told.get("choices")
    choice = _table(choices[0]) if isinstance(choices, list) and choices else {}
    reason = choice.get("finish_reason")
    if told.get("error") or reason == "error":
        raise EndpointError("The model endpoint reported an error in its answer.", reported=True)
    text = _table(choice.get("delta")).get("content")
    tokens = _table(told.get("usage")).get("prompt_tokens")
    return Delta(text if isinstance(text, str) else "", bool(reason), tokens if isinstance(tokens, int) else 0)


class Text:
    """Puts text together whose characters may be cut: proxies that count in UTF-16 send an emoji in two halves."""

    def __init__(self) -> None:
        self._half = ""

    def add(self, piece: str) -> str:
        """Returns what can be said by now; half a character waits for the other, a lone half becomes U+FFFD."""
        text, self._half = self._half + piece, ""
        try:
            text.encode()
        except UnicodeEncodeError:
            if "\ud800" <= text[-1] <= "\udbff":
                text, self._half = text[:-1], text[-1]
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text

    def end(self) -> str:
        """Returns what is left when nothing more comes."""
        return "\ufffd" if self._half else ""


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
