"""One language of the safety layer: its vocabulary, frames and context words, read from its data file."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import Pattern
from typing import Any, Final, Literal, TypeAlias, get_args

from chat_app.safety import normalise
from chat_app.safety.patterns import Compiler, Signs
from chat_app.safety.vocabulary import SHORTEST_TYPO, Vocabulary, by_first_letter, near_forms

Code: TypeAlias = Literal["en", "es", "fr", "de", "pt"]
CODES: Final[tuple[Code, ...]] = get_args(Code)

Found: TypeAlias = Literal["concern", "crisis", "imminent", "about_other"]
Person: TypeAlias = Literal["self", "any", "other"]

_HIGHEST_FIRST: Final[tuple[Found, ...]] = ("imminent", "crisis", "concern", "about_other")
_FOLDER: Final = Path(__file__).parent / "languages"


@dataclass(frozen=True, slots=True)
class Frame:
    """A sentence pattern that expresses danger.

    ``person`` is its subject: ``self`` unless the clause has another subject, ``any`` for any person, ``other`` for
    somebody else. ``method`` frames ask for a method; fiction and homework do not excuse them. ``topic`` frames only
    name the subject matter: a study or a story excuses them even in the first person. ``past`` frames are about the
    past. ``after`` frames count only if the last message was in danger. ``needs`` are the signs without which the frame
    cannot match.
    """

    name: str
    level: Found
    person: Person
    method: bool
    topic: bool
    past: bool
    after: bool
    expression: Pattern[str]
    needs: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Idiom:
    """A phrase without its literal meaning, which is removed from the reading."""

    expression: Pattern[str]
    needs: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Language:
    """The data of one language."""

    code: Code
    vocabulary: Vocabulary
    common: frozenset[str]
    denial_reach: int
    """Maximum words between a "not" and the beginning of what it negates, within one clause."""
    frames: tuple[Frame, ...]
    idioms: tuple[Idiom, ...]
    signs: dict[str, frozenset[str]]
    """The single words of every set, by its name."""
    phrases: dict[str, Pattern[str]]
    """Pattern for any member of a set, including phrases, by the set's name."""


@cache
def language(code: Code) -> Language:
    """Returns a language; its file is read once per process. Raises ``ValueError`` for an invalid file."""
    data = tomllib.loads((_FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    signs = Signs()
    compiler = Compiler(signs, data["sets"], data["fillers"])
    frames = [_frame(compiler, table, line) for table in data["frames"] for line in table["patterns"]]
    idioms = tuple(Idiom(compiler.pattern(line), compiler.needs(line)) for line in data["idioms"])
    phrases = {name: found for name in data["sets"] if (found := compiler.phrases(name))}
    return Language(
        code=code,
        vocabulary=_vocabulary(data, compiler),
        common=frozenset(data["common"].split()),
        denial_reach=data["denial_reach"],
        frames=tuple(sorted(frames, key=_rank)),
        idioms=idioms,
        signs={name: compiler.members(name) for name in data["sets"]},
        phrases=phrases,
    )


def _frame(compiler: Compiler, table: dict[str, Any], line: str) -> Frame:
    return Frame(
        name=table["name"],
        level=table["level"],
        person=table.get("person", "self"),
        method=table.get("method", False),
        topic=table.get("topic", False),
        past=table.get("past", False),
        after=table.get("after", False),
        expression=compiler.pattern(line),
        needs=compiler.needs(line),
    )


def _rank(frame: Frame) -> tuple[int, bool]:
    return _HIGHEST_FIRST.index(frame.level), frame.method


def _vocabulary(data: dict[str, Any], compiler: Compiler) -> Vocabulary:
    signs = dict(compiler.signs)
    stems = {word[:-1]: signs.pop(word) for word in tuple(signs) if word.endswith("*")}
    common = data["common"].split()
    for word, sign in tuple(signs.items()):
        for form in _spellings(word, data["code"]):
            signs.setdefault(form, sign)
    for word, misspelt in data.get("spellings", {}).items():
        signs |= dict.fromkeys(misspelt.split(), signs[word])
    anchors = tuple(
        sorted(word for name in data["anchors"].split() for word in _single_words(data["sets"], name) if word in signs)
    )
    return Vocabulary(
        signs=signs,
        stems=stems,
        anchors=anchors,
        near=near_forms(word for word in anchors if len(word) >= SHORTEST_TYPO),
        long_anchors=by_first_letter(anchors),
        telling=frozenset(signs[anchor] for anchor in anchors) | compiler.members("WISH"),
        lookalikes=frozenset(data["lookalikes"].split()),
        glue=frozenset(word for word in (*signs, *common) if len(word) > 1 or word in data["single_letters"].split()),
    )


def _single_words(sets: dict[str, str], name: str) -> Iterable[str]:
    for member in sets[name].split():
        if member.isupper() and member in sets:
            yield from _single_words(sets, member)
        elif "_" not in member and not member.endswith("*"):
            yield member


def _spellings(word: str, code: str) -> Iterable[str]:
    """Yields alternative spellings of a word: without accents; in German with ``ae``, ``oe`` and ``ue``."""
    yield normalise.without_accents(word)
    if code == "de":
        yield word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
