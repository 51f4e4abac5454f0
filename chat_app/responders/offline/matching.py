"""Finds the rules that match one message, and the words that they capture."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chat_app.responders.offline import reading
from chat_app.responders.offline.phrases import quotable
from chat_app.responders.offline.reflection import reflect
from sessions_app.offline_rules import Condition, OfflineRules, Rule

# With the bound on a sentence's length, this keeps the work on a message linear.
SENTENCES = 40

_CHOICE = re.compile(
    r"(?:(?:option |number |the |let's take |I (?:like|choose|take|pick) (?:the |option |number )?)?"
    r"(?:(?P<pick1>1|one|first)|(?P<pick2>2|two|second)|(?P<pick3>3|three|third))"
    r"(?: one| option)?(?:,? please)?"
    r"|(?P<pick1any>idk|I don't know|no idea|not sure|any(?: of them)?|whatever|you (?:choose|decide|pick)|"
    r"surprise me))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Claim:
    """A rule that matches a message, and the visitor's words that it captured, with the person swapped."""

    rule: Rule
    groups: Mapping[str, str]


@dataclass(frozen=True)
class Message:
    """A message with its context: plain form, original form, the previous message, the reply it answers."""

    text: str
    written: str
    before: str
    asked: str


def claims(rules: OfflineRules, message: Message) -> tuple[Claim, ...]:
    """Returns the rules that match the message, in their order."""
    sentences = reading.sentences(reading.ends(message.text))[:SENTENCES]
    replies = rules.replies
    found = []
    for rule in rules.rules:
        if rule.after and not any(reply.is_in(message.asked) for reply in replies[rule.after]):
            continue
        if rule.when == "picked":
            groups = _picked(sentences, message.asked)
        elif rule.when and not _CONDITIONS[rule.when](message):
            continue
        else:
            groups = _caught(rule, sentences)
        if groups is not None:
            found.append(Claim(rule, groups))
    return tuple(found)


def _caught(rule: Rule, sentences: tuple[str, ...]) -> Mapping[str, str] | None:
    """Returns the words captured in the first sentence that matches, or None if none does."""
    if not rule.patterns:
        return {}
    for sentence in sentences:
        for pattern in rule.patterns:
            if match := pattern.search(sentence):
                groups = {name: quotable(reflect(words)) for name, words in match.groupdict("").items()}
                if all(groups.values()):
                    return groups
    return None


def _picked(sentences: tuple[str, ...], asked: str) -> Mapping[str, str] | None:
    """Returns the chosen numbered line of the last reply (the first if any will do), or None."""
    if len(sentences) != 1 or not (choice := _CHOICE.fullmatch(sentences[0])):
        return None
    number = next(name[4] for name, words in choice.groupdict().items() if words)
    line = re.search(rf"^{number}\. (.+)$", asked, re.MULTILINE)
    return {"picked": line[1]} if line else None


_CONDITIONS: Mapping[Condition, Callable[[Message], bool]] = {
    "blank": lambda message: reading.is_blank(message.text),
    "foreign": lambda message: reading.is_foreign(message.text),
    "long": lambda message: reading.is_long(message.text),
    "question": lambda message: reading.is_question(message.text),
    "repeated": lambda message: reading.is_repeated(message.text, message.before),
    "short": lambda message: reading.is_short(message.text),
    "shouting": lambda message: reading.is_shouting(message.written),
}
