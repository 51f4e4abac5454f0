"""Composes the reply: a pure function of the persona and the messages of the window.

There is no state and no chance in it, so that any process gives the same reply. What rotates (the wording
of a rule, the steps, the summary) is read from what the assistant has already said in the window.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_app.responders.offline import crisis_reply
from chat_app.responders.offline.matching import Claim
from chat_app.responders.offline.state import Memory, filled, remember, slot_values
from chat_app.responders.offline.turns import Turn, turns
from sessions_app.offline_language import Template
from sessions_app.offline_rules import OfflineRules

if TYPE_CHECKING:
    from chat_app.context import ContextWindow

REPLY_CHARS = 1500
ANSWERS_AT_ONCE = 3

_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?]) ")


def reply(window: "ContextWindow") -> str:
    """Returns what the persona answers to all that is unanswered in the window, in 1 to 1500 characters."""
    rules = window.persona.offline
    told = tuple(message.content for message in window.messages if message.role == "assistant")
    conversation = turns(rules, window.messages)
    voice = _Voice(rules, conversation, told, remember(rules, conversation))
    if caring := crisis_reply.reply(conversation, told):
        return caring
    disclosure = rules.disclosure.source  # which waits where the first reply is care
    opening = "" if window.context_from > 1 or any(disclosure in said for said in told) else disclosure
    return _bounded(_paragraphs([opening, voice.answer()]))


@dataclass(frozen=True)
class _Voice:
    """A persona at one moment of a conversation; ``told`` is what it said so far, oldest first."""

    rules: OfflineRules
    turns: tuple[Turn, ...]
    told: tuple[str, ...]
    memory: Memory

    @property
    def now(self) -> Turn:
        return self.turns[-1]

    def answer(self) -> str:
        """Returns the reply: what the rules claim, then what follows."""
        claims = self.claims()
        answers = [self.worded(claim.rule.replies, claim.groups) for claim in claims]
        if any(claim.rule.then != "step" for claim in claims):
            return _paragraphs([*map(_statements, answers[:-1]), *answers[-1:]])
        if summary := self.summary():
            return _paragraphs([*map(_statements, answers), summary])
        return _paragraphs([*map(_statements, answers[:-1]), *answers[-1:], self.next_words(answers)])

    def claims(self) -> tuple[Claim, ...]:
        """Returns whose words to say: the first that fit each message, asides only if nothing else was said."""
        fitting = (claim for heard in self.now.heard for claim in heard.answers[: self.rules.answers])
        if answers := {claim.rule.name: claim for claim in fitting}:
            return tuple(answers.values())[-ANSWERS_AT_ONCE:]
        asides = [heard.asides[:1] for heard in self.now.heard]
        return asides[-1] if asides and all(asides) else ()

    def next_words(self, answers: list[str]) -> str:
        """Returns the step that is due, or the fallback where there would be no way on."""
        if step := self.memory.step:
            again = any(wording.is_in(self.now.asked) for wording in step.wordings)
            return self.worded(step.again if again and step.again else step.replies)
        return "" if answers and not self.rules.steps else self.worded(self.rules.fallback)

    def summary(self) -> str:
        """Returns the summing-up where it is due, else nothing."""
        summary = self.rules.summary
        if summary is None or len(self.turns) < summary.every or len(self.memory.notes) < 2:
            return ""
        recent = self.told[max(len(self.told) - summary.every + 1, 0) :]
        if any(wording.is_in(said) for wording in summary.replies for said in recent):
            return ""
        return self.worded(summary.replies)

    def worded(self, wordings: tuple[Template, ...], groups: Mapping[str, str] | None = None) -> str:
        """Returns the wording whose last use is longest ago, of those whose slots can be filled."""
        values = {**slot_values(self.rules, self.memory, self.now), **(groups or {})}
        usable = [wording for wording in wordings if wording.slots <= values.keys()]
        return filled(min(usable, key=self.last_use), values)

    def last_use(self, wording: Template) -> int:
        """Returns the index of the last reply that has these words, -1 if none has."""
        return max((index for index, said in enumerate(self.told) if wording.is_in(said)), default=-1)


def _statements(answer: str) -> str:
    """Returns an answer without its questions, so that a reply asks one thing only."""
    paragraphs = (_BETWEEN_SENTENCES.split(paragraph) for paragraph in answer.split("\n\n"))
    return _paragraphs(" ".join(s for s in sentences if not s.endswith("?")) for sentences in paragraphs)


def _paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _bounded(text: str) -> str:
    return text if len(text) <= REPLY_CHARS else f"{text[: REPLY_CHARS - 1].rsplit(' ', 1)[0]}…"
