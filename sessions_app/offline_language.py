"""The two small languages of the personas file: patterns that listen and templates that speak."""

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
    """Something to say, as literal parts and slots in their order."""

    source: str
    parts: tuple[str | Slot, ...]

    @property
    def slots(self) -> frozenset[str]:
        """The names that it needs."""
        return frozenset(part.name for part in self.parts if isinstance(part, Slot))

    @property
    def earlier(self) -> frozenset[str]:
        """Those of its slots that ask for an earlier fact."""
        return frozenset(slot for slot in self.slots if slot.startswith("earlier."))

    @property
    def literals(self) -> tuple[str, ...]:
        """Its own words in order, without the slots."""
        return tuple(part.strip() for part in self.parts if isinstance(part, str) and part.strip())

    def is_in(self, text: str) -> bool:
        """Tells, in linear time, whether ``text`` was (among other things) made from this template."""
        position = 0
        for literal in self.literals:
            position = text.find(literal, position)
            if position < 0:
                return False
            position += len(literal)
        return True


def parse_note(source: object) -> Template:
    """Reads a template; raises ValueError where it is no string or has a brace that is no slot."""
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
    """Reads a template that is recognised again by its own words; raises ValueError if it has too few."""
    template = parse_note(source)
    if len(" ".join(template.literals).split()) < 2:
        raise ValueError("needs at least two words of its own, outside its slots")
    return template


def compile_pattern(source: object) -> re.Pattern[str]:
    """Compiles a pattern: whole words, any case, ``{name}`` capturing one or more words.

    A slot takes as few words as it can, and the rest of the sentence where it stands last. Raises
    ValueError for a bad regular expression and for a repeated group: without one, time to match is a
    polynomial of the length of a sentence, which its reader bounds.
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
