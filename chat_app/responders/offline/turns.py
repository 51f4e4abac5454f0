"""Splits a conversation into turns and matches each message against a persona's rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_app.responders.offline import reading
from chat_app.responders.offline.matching import Claim, Message, claims
from chat_app.safety import Level, assess, higher
from sessions_app.offline_language import Template
from sessions_app.offline_rules import OfflineRules

if TYPE_CHECKING:
    from chat_app.messages import ChatMessage


@dataclass(frozen=True)
class Heard:
    """One message of the visitor in plain form and as written, the rules that fit it, and the danger found in it."""

    text: str
    written: str
    claims: tuple[Claim, ...]
    danger: Level

    @property
    def answers(self) -> tuple[Claim, ...]:
        """The claims with replies that are not asides."""
        return tuple(claim for claim in self.claims if claim.rule.replies and not claim.rule.aside)

    @property
    def is_free(self) -> bool:
        """Returns whether the message is free text, which no rule answers by its pattern."""
        return not self.answers and not any(claim.rule.patterns for claim in self.asides)

    @property
    def free_text(self) -> str:
        """The text if it is free, else ""."""
        return self.text if self.is_free else ""

    @property
    def note(self) -> tuple[Template, Mapping[str, str]] | None:
        """Template and captured words of the first claim that makes a note."""
        return next(((claim.rule.note, claim.groups) for claim in self.claims if claim.rule.note), None)

    @property
    def chosen(self) -> str | None:
        """The numbered line of the last reply that this message picked."""
        return next((claim.groups["picked"] for claim in self.claims if "picked" in claim.groups), None)

    @property
    def asides(self) -> tuple[Claim, ...]:
        """The claims that are used only if no other claim replies."""
        return tuple(claim for claim in self.claims if claim.rule.replies and claim.rule.aside)


@dataclass(frozen=True)
class Turn:
    """The assistant's last reply, and the visitor's messages after it."""

    asked: str
    heard: tuple[Heard, ...]

    @property
    def text(self) -> str:
        """The visitor's words of this turn."""
        return "\n".join(heard.text for heard in self.heard)

    @property
    def stated(self) -> str:
        """The visitor's own content: free text and chosen lines."""
        return ", ".join(filter(None, (heard.chosen or heard.free_text for heard in self.heard)))

    @property
    def danger(self) -> Level:
        """The highest level of danger that was found in the turn."""
        level: Level = "none"
        for heard in self.heard:
            level = higher(level, heard.danger)
        return level

    @property
    def language(self) -> str:
        """The language of the last message in which danger was found, which is not stored with it."""
        return next((assess(heard.written).language for heard in reversed(self.heard) if heard.danger != "none"), "")

    @property
    def is_answer(self) -> bool:
        """Returns whether the visitor answered the question, as far as the rules can determine."""
        return any(heard.is_free for heard in self.heard) or not any(heard.answers for heard in self.heard)


def turns(rules: OfflineRules, messages: tuple["ChatMessage", ...]) -> tuple[Turn, ...]:
    """Returns the conversation as turns, oldest first; the last one is to be answered now."""
    found: list[Turn] = []
    asked, before = "", ""
    heard: list[Heard] = []
    for message in messages:
        if message.role == "user":
            text = reading.plain(message.content)
            fitting = claims(rules, Message(text, message.content, before, asked))
            heard.append(Heard(text, message.content, fitting, message.safety))
            before = text
        elif heard:
            found.append(Turn(asked, tuple(heard)))
            asked, heard = message.content, []
        else:
            asked = f"{asked}\n\n{message.content}".strip()
    return (*found, Turn(asked, tuple(heard)))
