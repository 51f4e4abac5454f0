"""Parts that a responder yields: the text of a reply as ``str``, and the other types in this module."""

from dataclasses import dataclass
from typing import Literal

Phase = Literal["", "loading", "thinking"]
"""What a reply waits for before its text; "" if unknown."""


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
    """All text so far was reasoning; the text of the reply starts again."""


@dataclass(frozen=True, slots=True)
class ContextCut:
    """The model reads only the messages from seq ``context_from`` on, because the chat outgrew its context."""

    context_from: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The endpoint's finish reason, as one of the contract's words if it is a known one."""

    reason: str


ReplyPart = str | Progress | Thought | TakenBack | ContextCut | Finished
