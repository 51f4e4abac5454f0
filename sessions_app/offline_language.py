"""The two small languages of the personas file: patterns that match input and templates that make replies."""

import re
from dataclasses import dataclass

_SLOT = re.compile(r"\{(?:(the|The) )?((?:earlier\.)?[a-z][a-z_]*)\}")
_CAPTURE_LAST = re.compile(r"\{([a-z][a-z_]*)\}(?=\$?$)")
_CAPTURE = re.compile(r"\{([a-z][a-z_]*)\}")
_REPEATED_GROUP = re.compile(r"(?<!\\)\)(?:[*+]|\{\d)")


@dataclass(frozen=True)
class Slot:
    """A gap in a template: ``{name}``, ``{earlier.name}``, or ``{the name}`` for its definite form."""

    name: str
    article: str


@dataclass(frozen=True)
class Template:
    """A template as literal parts and slots in their order."""

    source: str
    parts: tuple[str | Slot, ...]

    @property
    def slots(self) -> frozenset[str]:
        """Names of the slots."""
        return frozenset(part.name for part in self.parts if isinstance(part, Slot))

    @property
    def earlier(self) -> frozenset[str]:
        """Names of the slots that refer to an earlier fact."""
        return frozenset(slot for slot in self.slots if slot.startswith("earlier."))

    @property
    def literals(self) -> tuple[str, ...]:
        """Literal parts in order, without the slots."""
        return tuple(part.strip() for part in self.parts if isinstance(part, str) and part.strip())

    def is_in(self, text: str) -> bool:
        """Returns True, in linear time, if ``text`` contains the literal parts of this template in order."""
        position = 0
        for literal in self.literals:
            position = text.find(literal, position)
            if position < 0:
                return False
            position += len(literal)
        return True


def parse_note(source: object) -> Template:
    """Parses a template; raises ValueError if it is not a string or has a brace outside a slot."""
    if not isinstance(source, str) or not source.strip():
        raise ValueError("must be a string that is not empty")
    parts: list[str | Slot] = []
    end = 0
    for match in _SLOT.finditer(source):
        parts += [source[end : match.start()], Slot(match[2], match[1] or "")]
        end = match.end()
    parts.append(source[end:])
    if any(brace in part for part in parts if isinstance(part, str) for brace in "{}"):
        raise ValueError("has a brace that is no slot; allowed: {name}, {the name}, {earlier.name}")
    return Template(source, tuple(part for part in parts if part))


def parse_reply(source: object) -> Template:
    """Parses a template whose literal parts identify it in a reply; raises ValueError for fewer than two words."""
    template = parse_note(source)
    if len(" ".join(template.literals).split()) < 2:
        raise ValueError("needs at least two words of its own, outside its slots")
    return template


def compile_pattern(source: object) -> re.Pattern[str]:
    """Compiles a pattern: whole words, any case, ``{name}`` capturing one or more words.

    A slot matches as few words as possible, or the rest of the sentence if it is last. Raises ValueError
    for an invalid regular expression and for a repeated group: without one, the time to match is polynomial
    in the length of a sentence, which the caller limits.
    """
    if not isinstance(source, str) or not source.strip():
        raise ValueError("must be a string that is not empty")
    expanded = _CAPTURE_LAST.sub(r"(?P<\1>\\S.*)", source.strip())
    expanded = _CAPTURE.sub(r"(?P<\1>\\S.*?)", expanded)
    if _REPEATED_GROUP.search(expanded):
        raise ValueError(r"repeats a group; allowed after a group is only ?, and to repeat use \w* or {slot}")
    try:
        return re.compile(rf"(?<!\w)(?<!\w')(?:{expanded})(?!\w|'\w)", re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
