"""Validated rules for a persona's replies without a model; the head of personas.toml explains every field.

The offline responder (chat_app/responders/offline) applies them to a conversation.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator, StrictBool, model_validator
from pydantic.dataclasses import dataclass

from sessions_app.offline_language import Template, compile_pattern, parse_note, parse_reply

CHECKED = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

# Slots of a reply besides groups and facts; a reply is not chosen if the conversation has no value for its slot.
BUILT_IN_SLOTS = frozenset({"detail", "facts", "note", "notes", "said"})


def _slotless(template: Template) -> Template:
    if template.slots:
        raise ValueError("has a slot; allowed: none, as nothing has been said yet")
    return template


Condition = Literal["blank", "foreign", "long", "picked", "question", "repeated", "short", "shouting"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9 ]{0,39}$")]
Fact = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,29}$")]
Note = Annotated[Template, PlainValidator(parse_note)]
Reply = Annotated[Template, PlainValidator(parse_reply)]
Replies = tuple[Reply, ...]
Disclosure = Annotated[Template, PlainValidator(parse_reply), AfterValidator(_slotless)]
Pattern = Annotated[re.Pattern[str], PlainValidator(compile_pattern)]


@dataclass(frozen=True, config=CHECKED)
class Rule:
    """Replies for input that matches the patterns; a rule without replies only records notes."""

    name: Name
    patterns: tuple[Pattern, ...] = ()
    when: Condition | None = None
    after: Name | None = None
    aside: StrictBool = False
    then: Literal["step", "stop", "restart"] = "step"
    note: Note | None = None
    replies: Replies = ()

    @property
    def groups(self) -> frozenset[str]:
        """Names that every one of its patterns captures."""
        captured = [frozenset(pattern.groupindex) for pattern in self.patterns]
        return frozenset.intersection(*captured) if captured else frozenset()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not (self.patterns or self.when or self.after):
            raise ValueError("needs at least one of: patterns, when, after")
        own = self.groups | ({"picked"} if self.when == "picked" else frozenset())
        for template in self.replies:
            _refuse_unknown(template, own | BUILT_IN_SLOTS)
        if self.note:
            _refuse_unknown(self.note, own)
        if self.replies:
            _refuse_monotony(self.replies, own)
        return self


@dataclass(frozen=True, config=CHECKED)
class Step:
    """A question of a sequence; the visitor's answer is stored as the fact that it asks for."""

    name: Name
    replies: Replies
    asks: Fact | None = None
    label: str | None = None
    again: tuple[Reply, ...] = ()

    @property
    def wordings(self) -> tuple[Template, ...]:
        """All wordings of the question."""
        return (*self.replies, *self.again)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for template in self.wordings:
            _refuse_unknown(template, BUILT_IN_SLOTS)
        _refuse_monotony(self.replies, ())
        if self.again:
            _refuse_monotony(self.again, ())
        return self


@dataclass(frozen=True, config=CHECKED)
class Summary:
    """Summarises the notes, at the earliest ``every`` turns after the last summary."""

    every: Annotated[int, Field(strict=True, ge=2, le=50)]
    replies: Annotated[Replies, Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        for template in self.replies:
            _refuse_unknown(template, {"notes"})
        return self


@dataclass(frozen=True, config=CHECKED)
class OfflineRules:
    """All rules of a persona's replies without a model: rules in order, then steps, then the fallback."""

    disclosure: Disclosure
    fallback: Replies
    rules: tuple[Rule, ...] = ()
    steps: tuple[Step, ...] = ()
    summary: Summary | None = None
    answers: Annotated[int, Field(strict=True, ge=1, le=3)] = 1

    @property
    def facts(self) -> frozenset[str]:
        """Names that ``{earlier.name}`` may refer to."""
        captured = (group for rule in self.rules for pattern in rule.patterns for group in pattern.groupindex)
        return frozenset(captured) | {step.asks for step in self.steps if step.asks}

    @property
    def replies(self) -> Mapping[str, tuple[Template, ...]]:
        """Replies by the name of their rule or step, or "summary" and "fallback"."""
        told = {rule.name: rule.replies for rule in self.rules if rule.replies}
        told |= {step.name: step.wordings for step in self.steps}
        summary = {"summary": self.summary.replies} if self.summary else {}
        return {**told, **summary, "fallback": self.fallback}

    @model_validator(mode="after")
    def _check(self) -> Self:
        for template in self.fallback:
            _refuse_unknown(template, BUILT_IN_SLOTS)
        _refuse_monotony(self.fallback, ())
        self._check_names()
        self._check_memory()
        return self

    def _check_names(self) -> None:
        names = [*(rule.name for rule in self.rules), *(step.name for step in self.steps), "summary", "fallback"]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f'two rules or steps have the name "{twice[0]}"')
        for rule in self.rules:
            if rule.after and rule.after not in self.replies:
                allowed = ", ".join(sorted(self.replies))
                raise ValueError(f'rule "{rule.name}", after "{rule.after}": allowed are {allowed}')

    def _check_memory(self) -> None:
        known = {f"earlier.{fact}" for fact in self.facts}
        allowed = ", ".join(sorted(known)) or "none"
        for name, replies in self.replies.items():
            for template in replies:
                if unknown := sorted(template.earlier - known):
                    raise ValueError(
                        f'"{name}": nothing fills {{{unknown[0]}}} of {template.source!r}; allowed: {allowed}'
                    )


def _refuse_unknown(template: Template, known: Iterable[str]) -> None:
    """Raises ValueError for an unknown slot; ``earlier.…`` is checked for the whole persona."""
    if unknown := sorted(template.slots - template.earlier - frozenset(known)):
        allowed = ", ".join(sorted(known)) or "none"
        raise ValueError(f"nothing fills {{{unknown[0]}}} of {template.source!r}; allowed: {allowed}")


def _refuse_monotony(replies: tuple[Template, ...], always: Iterable[str]) -> None:
    """Raises ValueError without two replies that are always usable, so that no reply is repeated in a row."""
    if sum(template.slots <= frozenset(always) for template in replies) < 2:
        filled = ", ".join(sorted(always)) or "none"
        raise ValueError(f"needs at least two replies with no slots but those always filled, here: {filled}")
