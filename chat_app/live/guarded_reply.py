"""Safety around a responder: a fixed text first if the danger is imminent, and an output filter for model text.

After that fixed text the offline responder adds nothing, because a script cannot understand such a message.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING

from django.conf import settings

from chat_app import responders
from chat_app.responders.parts import ContextCut, Progress, ReplyPart, TakenBack, Thought
from chat_app.safety.assessment import assess, higher
from chat_app.safety.fixed_texts import fixed_text
from chat_app.safety.output_filter import Reader
from nono.contract import Level
from nono.errors import ReplyFailed

if TYPE_CHECKING:
    from chat_app.context import ContextWindow
    from chat_app.messages import ChatMessage


async def safe_reply(window: "ContextWindow") -> AsyncGenerator[ReplyPart, None]:
    """Yields the parts of the reply to the unanswered messages of a window; raises as the responder does.

    Reasoning is included only if NONO_SHOW_REASONING is on and no danger was found in the chat.
    """
    voice = responders.responder(window.persona)
    scripted = isinstance(voice, responders.OfflineResponder)  # its text is this project's, so it needs no filter
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

    If the words do not determine it ("qiero suisidarme"), the matched danger frame does.
    """
    return assess(messages[-1].content).language if messages else ""


async def read_through(
    parts: AsyncIterator[ReplyPart], new_reader: Callable[[], Reader], *, shows_reasoning: bool = False
) -> AsyncIterator[ReplyPart]:
    """Yields a reply filtered by a reader, up to its end or to where the reader ends it.

    If the reply fails, the text that was held back and is allowed is yielded before the error is raised. Reasoning
    passes through a second reader if ``shows_reasoning``; otherwise it is reduced to ``Progress("thinking")``.
    """
    readers = _Readers(new_reader, shows_reasoning=shows_reasoning)
    try:
        async for part in parts:
            for passed in readers.take(part):
                yield passed
            if readers.is_over:
                return
    except ReplyFailed:
        for left in readers.end():
            yield left
        raise
    finally:
        if isinstance(parts, AsyncGenerator):
            await parts.aclose()
    for left in readers.end():
        yield left


class _Readers:
    """One reader for the text of a reply and one for its reasoning."""

    def __init__(self, new_reader: Callable[[], Reader], *, shows_reasoning: bool) -> None:
        self._new_reader = new_reader
        self._text, self._reasoning = new_reader(), new_reader()
        self._shows_reasoning = shows_reasoning

    @property
    def is_over(self) -> bool:
        """Returns whether the reply has to end here."""
        return self._text.is_over

    def take(self, part: ReplyPart) -> Iterator[ReplyPart]:
        """Yields what may be sent after ``part`` was received."""
        match part:
            case str():
                yield from filter(None, [self._text.take(part)])
            case Thought(text):
                yield Progress("thinking")
                if self._shows_reasoning and (thought := self._reasoning.take(text)):
                    yield Thought(thought)
            case TakenBack():
                self._text = self._new_reader()
                yield part
            case _:
                yield part

    def end(self) -> Iterator[ReplyPart]:
        """Yields what was held back."""
        if self._shows_reasoning and (thought := self._reasoning.end()):
            yield Thought(thought)
        yield from filter(None, [self._text.end()])
