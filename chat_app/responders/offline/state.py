"""State of a scripted conversation: the visitor's own words, and the progress through the steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat_app.responders.offline.phrases import definite, detail, quotable, shortened
from chat_app.responders.offline.reflection import reflect
from chat_app.responders.offline.turns import Turn
from sessions_app.offline_language import Slot, Template
from sessions_app.offline_rules import OfflineRules, Step

NOTES_SUMMED_UP = 4
OPENING_WORDS = 3


@dataclass(frozen=True)
class Memory:
    """The facts that the visitor stated, the notes, and the step that is due."""

    facts: Mapping[str, str]
    notes: tuple[str, ...]
    earlier_note: str | None
    step: Step | None


def remember(rules: OfflineRules, turns: tuple[Turn, ...]) -> Memory:
    """Derives the state from the turns: nothing is kept between two calls."""
    facts, position = _progress(rules.steps, *_since_restart(rules, turns))
    due = (step for step in rules.steps[position:] if not (step.asks and step.asks in facts))
    recalled = [note for note in _notes(turns[:-2]) if note not in turns[-1].asked]
    return Memory(facts, _notes(turns), recalled[0] if recalled else None, next(due, None))


def slot_values(rules: OfflineRules, memory: Memory, turn: Turn) -> dict[str, str]:
    """Returns the known values of the built-in slots and ``{earlier.…}``."""
    labels = {step.asks: step.label for step in rules.steps if step.asks and step.label}
    listed = [f"- {label}: {memory.facts[fact]}" for fact, label in labels.items() if fact in memory.facts]
    known = {
        "detail": detail(turn.text[-1000:], " ".join(memory.facts.values())),
        "facts": "\n".join(listed),
        "note": memory.earlier_note,
        "notes": "\n".join(f"- {note}" for note in memory.notes[-NOTES_SUMMED_UP:]),
        "said": quotable(reflect(turn.text[:1000])),
        **{f"earlier.{fact}": quotable(reflect(words)) for fact, words in memory.facts.items()},
    }
    return {name: words for name, words in known.items() if words}


def filled(template: Template, values: Mapping[str, str]) -> str:
    """Returns the template's text with its slots filled; the first letter of a sentence is capitalized."""
    text = ""
    for part in template.parts:
        if isinstance(part, Slot):
            words = definite(values[part.name]) if part.article else values[part.name]
            starts_sentence = not text or text.endswith((". ", "? ", "! ", "\n", "> "))
            text += words[:1].upper() + words[1:] if starts_sentence or part.article == "The" else words
        else:
            text += part
    return text


def _since_restart(rules: OfflineRules, turns: tuple[Turn, ...]) -> tuple[Sequence[Turn], int]:
    """Returns the turns since the steps began, and the number of words that open them: fewer after a restart."""
    endings = [reply for rule in rules.rules if rule.then == "restart" for reply in rule.replies]
    for index in range(len(turns) - 1, -1, -1):
        if any(ending.is_in(turns[index].asked) for ending in endings):
            return turns[index:], OPENING_WORDS - 1
    return turns, OPENING_WORDS


def _progress(steps: tuple[Step, ...], turns: Sequence[Turn], opening_words: int) -> tuple[dict[str, str], int]:
    """Returns the facts that were stated and the index of the first step that is still open."""
    facts: dict[str, str] = {}
    position = 0
    for turn in turns:
        asked = _asked(steps, turn.asked)
        if asked is None and position == 0 and steps and _is_opening(turn, opening_words):
            asked = 0
        if asked is not None:
            position = asked + 1 if turn.is_answer else asked
            if turn.is_answer and turn.stated and (fact := steps[asked].asks):
                facts[fact] = shortened(turn.stated)
        for heard in turn.heard:
            for claim in reversed(heard.claims):
                facts.update(claim.groups)
    return facts, position


def _asked(steps: tuple[Step, ...], text: str) -> int | None:
    """Returns the index of the last step whose question is in the text."""
    asked = (index for index, step in enumerate(steps) if any(word.is_in(text) for word in step.wordings))
    return max(asked, default=None)


def _is_opening(turn: Turn, words: int) -> bool:
    """Returns whether the visitor opened with their topic: a sentence that no rule answers."""
    return any(heard.is_free for heard in turn.heard) and len(turn.text.split()) >= words


def _notes(turns: Sequence[Turn]) -> tuple[str, ...]:
    """Returns the distinct notes in order; only the first note of each message."""
    notes = (heard.note for turn in turns for heard in turn.heard)
    return tuple(dict.fromkeys(shortened(filled(*note)) for note in notes if note))
