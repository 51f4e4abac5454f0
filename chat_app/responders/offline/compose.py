"""Composes the reply: a pure function of the persona and the messages of the window.

It has no state and no randomness, so that every process gives the same reply. Rotation (the wording of a rule, the
steps, the summary) is derived from the assistant's earlier messages in the window.
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
    """Returns the persona's reply to all unanswered messages in the window, in 1 to 1500 characters."""
    rules = window.persona.offline
    told = tuple(message.content for message in window.messages if message.role == "assistant")
    conversation = turns(rules, window.messages)
    voice = _Voice(rules, conversation, told, remember(rules, conversation))
    if caring := crisis_reply.reply(conversation, told):
        return caring
    disclosure = rules.disclosure.source  # not included if the first reply is a crisis reply
    opening = "" if window.context_from > 1 or any(disclosure in said for said in told) else disclosure
    return _bounded(_paragraphs([opening, voice.answer()]))


@dataclass(frozen=True)
class _Voice:
    """A persona at one point of a conversation; ``told`` are its messages so far, oldest first."""

    rules: OfflineRules
    turns: tuple[Turn, ...]
    told: tuple[str, ...]
    memory: Memory

    @property
    def now(self) -> Turn:
        return self.turns[-1]

    def answer(self) -> str:
        """Returns the reply: the text of the matching rules, then the next step."""
        claims = self.claims()
        answers = [self.worded(claim.rule.replies, claim.groups) for claim in claims]
        if any(claim.rule.then != "step" for claim in claims):
            return _paragraphs([*map(_statements, answers[:-1]), *answers[-1:]])
        if summary := self.summary():
            return _paragraphs([*map(_statements, answers), summary])
        return _paragraphs([*map(_statements, answers[:-1]), *answers[-1:], self.next_words(answers)])

    def claims(self) -> tuple[Claim, ...]:
        """Returns the claims to use: the first that fit each message, asides only if there is no other."""
        fitting = (claim for heard in self.now.heard for claim in heard.answers[: self.rules.answers])
        if answers := {claim.rule.name: claim for claim in fitting}:
            return tuple(answers.values())[-ANSWERS_AT_ONCE:]
        asides = [heard.asides[:1] for heard in self.now.heard]
        return asides[-1] if asides and all(asides) else ()

    def next_words(self, answers: list[str]) -> str:
        """Returns the step that is due, or the fallback if the reply would otherwise lead nowhere."""
        if step := self.memory.step:
            again = any(wording.is_in(self.now.asked) for wording in step.wordings)
            return self.worded(step.again if again and step.again else step.replies)
        return "" if answers and not self.rules.steps else self.worded(self.rules.fallback)

    def summary(self) -> str:
        """Returns the summary if it is due, else nothing."""
        summary = self.rules.summary
        if summary is None or len(self.turns) < summary.every or len(self.memory.notes) < 2:
            return ""
        recent = self.told[max(len(self.told) - summary.every + 1, 0) :]
        if any(wording.is_in(said) for wording in summary.replies for said in recent):
            return ""
        return self.worded(summary.replies)

    def worded(self, wordings: tuple[Template, ...], groups: Mapping[str, str] | None = None) -> str:
        """Returns the least recently used wording whose slots can be filled."""
        values = {**slot_values(self.rules, self.memory, self.now), **(groups or {})}
        usable = [wording for wording in wordings if wording.slots <= values.keys()]
        return filled(min(usable, key=self.last_use), values)

    def last_use(self, wording: Template) -> int:
        """Returns the index of the last reply that contains this wording, -1 if none does."""
        return max((index for index, said in enumerate(self.told) if wording.is_in(said)), default=-1)


def _statements(answer: str) -> str:
    """Returns a text without its questions, so that a reply asks only one question."""
    paragraphs = (_BETWEEN_SENTENCES.split(paragraph) for paragraph in answer.split("\n\n"))
    return _paragraphs(" ".join(s for s in sentences if not s.endswith("?")) for sentences in paragraphs)


def _paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _bounded(text: str) -> str:
    return text if len(text) <= REPLY_CHARS else f"{text[: REPLY_CHARS - 1].rsplit(' ', 1)[0]}…"
