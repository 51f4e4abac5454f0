"""Separates a model's reasoning from its answer if both arrive in one text: ``<think>…</think>`` and similar tags.

Tags may be split anywhere. Some chat templates open the reasoning themselves, so that only its closing tag arrives:
the text before it, treated as the answer until then, is retracted. A tag in a code block or code span is text.
"""

import re
from typing import Final

from chat_app.responders.parts import TakenBack, Thought

_NAMES: Final = ("think", "thinking", "thought", "thoughts", "reasoning", "seed:think")
_PAIRS: Final = {
    **{f"<{name}>": f"</{name}>" for name in _NAMES},
    "[think]": "[/think]",  # Mistral
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "◁think▷": "◁/think▷",  # Kimi
    "<|channel|>analysis<|message|>": "<|channel|>final<|message|>",  # gpt-oss, unless the server parses its channels
}
"""Closing tag by opening tag in lower case."""

_CLOSING: Final = frozenset(_PAIRS.values())
_TAGS: Final = (*_PAIRS, *_CLOSING)
_TAG: Final = re.compile("|".join(map(re.escape, sorted(_TAGS, key=len, reverse=True))), re.IGNORECASE)
_FENCES: Final = ("```", "~~~")
_LONGEST: Final = max(map(len, _TAGS))

Part = str | Thought | TakenBack


class ReasoningSplitter:
    """Splits text as it arrives into answer, reasoning, and ``TakenBack`` if the answer so far was reasoning.

    ``starts_inside`` if the model is known to begin inside its reasoning, without an opening tag. If no closing tag
    arrives then, all of the text was the answer.
    """

    def __init__(self, *, starts_inside: bool = False) -> None:
        self.has_reasoned = False
        self.closed_unopened = False
        self._assumed = starts_inside
        self._closing = "</think>" if starts_inside else ""
        self._buffer = ""
        self._held = ""
        self._is_tentative = starts_inside
        self._blank = ""
        self._begun = False
        self._code = CodeState()
        self._answered: list[str] = []

    def feed(self, text: str) -> list[Part]:
        """Returns the parts that are certain; text that may become a tag is held back."""
        self._buffer += text
        parts: list[Part] = []
        while found := _TAG.search(self._buffer):
            before, tag = self._buffer[: found.start()], found[0]
            self._buffer = self._buffer[found.end() :]
            parts += self._text(before)
            parts += self._tag(tag)
        free = len(self._buffer) - _tail(self._buffer)
        certain, self._buffer = self._buffer[:free], self._buffer[free:]
        return parts + self._text(certain)

    def end(self, *, cut_short: bool = False) -> list[Part]:
        """Returns the rest at the end of the text; ``cut_short`` if the model was stopped at its limit.

        Without a closing tag, the apparent reasoning was the answer, unless the model was stopped before the tag.
        """
        left, self._buffer = self._buffer, ""
        parts = self._text(left)
        if self._closing and self._is_tentative and not (self._assumed and cut_short):
            self._closing, self._is_tentative, held, self._held = "", False, self._held, ""
            parts += self._answer(held)
        return parts

    def _text(self, text: str) -> list[Part]:
        if not text:
            return []
        if not self._closing:
            return self._answer(text)
        if self._is_tentative:
            self._held += text
            return [Thought("")]  # shows progress; whether it is reasoning is not known yet
        self.has_reasoned = True
        return [Thought(text)]

    def _answer(self, text: str) -> list[Part]:
        if not self._begun:
            text, self._blank = self._blank + text, ""
            if not text.strip():
                self._blank = text
                return []
            self._begun = True
            if self.has_reasoned:
                text = text.lstrip()
        self._code.feed(text)
        if not self.has_reasoned:
            self._answered.append(text)
        return [text]

    def _tag(self, tag: str) -> list[Part]:
        name = tag.lower()
        if self._closing:
            if name == self._closing or (self._assumed and name in _CLOSING):
                return self._close()
            if self._assumed and name in _PAIRS and not self._held.strip():
                # The model opens its reasoning itself after all.
                self._assumed = self._is_tentative = False
                self._closing = _PAIRS[name]
                return [Thought("")]
            return self._text(tag)
        if self._code.is_inside:
            return self._answer(tag)
        if name in _PAIRS:
            self._closing, self._is_tentative, self._held = _PAIRS[name], self._begun, tag if self._begun else ""
            return [Thought("")]
        if self.has_reasoned:
            return []  # a second closing tag
        return self._take_back()

    def _close(self) -> list[Part]:
        held, self._held = self._held, ""
        if self._assumed:
            self.closed_unopened = True
        self._closing, self._is_tentative, self._assumed = "", False, False
        self.has_reasoned = True
        return [Thought(_without_tag(held))] if held else []

    def _take_back(self) -> list[Part]:
        """Ends reasoning without an opening tag: the answer so far was reasoning."""
        self.has_reasoned = self.closed_unopened = True
        self._code, self._blank = CodeState(), ""
        begun, self._begun = self._begun, False
        thought, self._answered = "".join(self._answered), []
        return [Thought(thought), TakenBack()] if begun else [Thought("")]


class CodeState:
    """Tracks whether the end of a Markdown text is inside code: a fence, or backticks in the line."""

    def __init__(self) -> None:
        self._is_fenced = False
        self._backticks = 0
        self._start = ""

    @property
    def is_inside(self) -> bool:
        """Returns whether the next character is inside code."""
        return self._is_fenced or self._backticks % 2 == 1

    def feed(self, text: str) -> None:
        """Appends text."""
        *lines, rest = text.split("\n")
        for line in lines:
            self._read(line)
            if self._start in _FENCES:
                self._is_fenced = not self._is_fenced
            self._backticks, self._start = 0, ""
        self._read(rest)

    def _read(self, part: str) -> None:
        self._backticks += part.count("`")
        if len(self._start) < 3:
            self._start = (self._start + part[:80]).lstrip()[:3]


def _tail(text: str) -> int:
    """Returns how many characters at the end of ``text`` may be the beginning of a tag."""
    for size in range(min(len(text), _LONGEST - 1), 0, -1):
        end = text[-size:].lower()
        if end[0] in "<[◁" and any(tag.startswith(end) for tag in _TAGS):
            return size
    return 0


def _without_tag(held: str) -> str:
    found = _TAG.match(held)
    return held[found.end() :] if found else held
