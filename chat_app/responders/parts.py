"""What a responder yields: the text of a reply as ``str``, and between its pieces what is known about the reply."""

from dataclasses import dataclass
from typing import Literal

Phase = Literal["", "loading", "thinking"]
"""What a reply without any text yet waits for; "" where nothing is known but that it waits."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The reply is in a phase before its text."""

    phase: Phase


@dataclass(frozen=True, slots=True)
class Thought:
    """A piece of the model's reasoning, which is not part of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """All text so far was reasoning; the reply's text starts again."""


@dataclass(frozen=True, slots=True)
class ContextCut:
    """The model reads only the messages from seq ``context_from`` on, because the chat outgrew its context."""

    context_from: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The endpoint's reason for the end of the reply, as one of the contract's words where it is a known one."""

    reason: str


ReplyPart = str | Progress | Thought | TakenBack | ContextCut | Finished
