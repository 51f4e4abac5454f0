"""Filter for a model's reply while it streams: replaces forbidden sentences by a fixed text."""

import re
from typing import Final

from chat_app.safety.fixed_texts import Name, fixed_text
from chat_app.safety.output_rules import forbidden

LONGEST: Final = 1000
"""Characters after which a sentence without an end is treated as complete."""

_MARKS: Final = 8
"""Maximum characters of the marks at a sentence's end, before the space."""

_END: Final = re.compile(r"[.!?…。！？]+[\"”’»)\]*_]*\s+|\n+")


class Reader:
    """Passes a reply on piece by piece and holds back only text that may become a forbidden sentence.

    ``in_danger`` if danger was found in the chat; ``language`` is that of the fixed texts. A forbidden sentence of
    which a part was already passed on ends in an ellipsis.
    """

    def __init__(self, language: str, *, in_danger: bool) -> None:
        self.language = language
        self.in_danger = in_danger
        self.is_over = False
        self._said = ""
        self._held = ""
        self._told: set[Name] = set()

    def take(self, piece: str) -> str:
        """Returns the text that may be sent after ``piece`` was received."""
        self._held = "" if self.is_over else self._held + piece
        said = ""
        while end := self._next_end():
            said += self._sentence(end)
        if len(self._said) + len(self._held) > LONGEST:
            said += self._sentence(len(self._held))
        return said + self._part()

    def end(self) -> str:
        """Returns the rest at the end of the reply."""
        return self._sentence(len(self._held))

    def _next_end(self) -> int:
        """Returns the length of the first held sentence, 0 if its end was not received; its mark may be sent."""
        tail = self._said[-_MARKS:]
        found = _END.search(tail + self._held)
        return found.end() - len(tail) if found else 0

    def _sentence(self, end: int) -> str:
        """Ends the sentence there: returns the rest of it, or its replacement."""
        rest, self._held = self._held[:end], self._held[end:]
        sentence, begun, self._said = self._said + rest, self._said.strip(), ""
        kind = forbidden().find(sentence, in_danger=self.in_danger)
        if kind is None:
            return rest
        self.is_over = kind.ends
        self._held = "" if kind.ends else self._held
        before = "…\n\n" if begun else ""
        if kind.name in self._told:
            return before
        self._told.add(kind.name)
        return f"{before}{fixed_text(kind.name, self.language)}" + ("" if kind.ends else "\n\n")

    def _part(self) -> str:
        """Returns the part of the sentence that may be sent before its end is known."""
        free = forbidden().hold_from(self._held)
        part, self._held = self._held[:free], self._held[free:]
        self._said += part
        return part
