"""Fixed texts of replies in the visitor's language: fixed_texts.toml, with this installation's helplines."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

from chat_app.safety import helplines
from chat_app.safety.helplines import Helpline

FILE: Final = Path(__file__).with_name("fixed_texts.toml")
ENGLISH: Final = "en"

Care = Literal["crisis", "crisis_again", "concern", "concern_again", "other", "other_again", "after", "after_again"]
Name = Literal[Care, "card", "imminent", "method", "encouragement", "claim", "ending"]
Texts = Mapping[str, str]


def fixed_text(name: Name, language: str) -> str:
    """Returns a text in a language (ISO 639), in English if it is missing in that language."""
    known = languages()
    texts = known.get(language, known[ENGLISH])
    return texts[name].replace("{help}", _help(texts))


@cache
def languages() -> Mapping[str, Texts]:
    """Returns the texts by language."""
    tables: dict[str, Texts] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tables


def _help(texts: Texts) -> str:
    country = helplines.here()
    if country is None:
        return texts["help"].format(emergency=texts["anywhere"], lines=texts["directory"])
    numbers = f" {texts['or']} ".join(country.emergency)
    lines = " ".join(
        texts["line"].format(name=line.name, ways=f" {texts['or']} ".join(_ways(line, texts)))
        for line in country.helplines
    )
    return texts["help"].format(emergency=texts["emergency"].format(numbers=numbers), lines=lines)


def _ways(line: Helpline, texts: Texts) -> list[str]:
    ways = [texts["call"].format(number=line.call)] if line.call else []
    if line.text:
        ways.append(texts["word" if line.say else "text"].format(number=line.text, word=line.say))
    if line.chat:
        ways.append(texts["chat"].format(address=line.chat))
    return ways
