"""Messages with what they need: a card or none.

``development.tsv`` is what the layer was written with. ``held_out.tsv`` was written before the layer was tuned and is
not tuned on; whoever mends a miss in it writes lines of the same kind into the development set, and mends those.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chat_app.safety import assess

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Example:
    needs_card: bool
    kind: str
    language: str
    text: str
    previous: str = ""

    def is_right(self) -> bool:
        return assess(self.text, self.previous).card is self.needs_card


def read(name: str) -> Iterator[Example]:
    for line in (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            need, *rest = line.split("\t")
            assert need in ("card", "none"), line
            yield Example(need == "card", *rest)


@dataclass(frozen=True)
class Result:
    examples: tuple[Example, ...]
    wrong: tuple[Example, ...]

    def rate(self) -> float:
        """The share of examples that were read rightly."""
        return 1 - len(self.wrong) / len(self.examples)

    def of(self, *kinds: str) -> "Result":
        return Result(
            tuple(one for one in self.examples if one.kind in kinds),
            tuple(one for one in self.wrong if one.kind in kinds),
        )

    def in_other_languages(self) -> "Result":
        return Result(
            tuple(one for one in self.examples if one.language != "en"),
            tuple(one for one in self.wrong if one.language != "en"),
        )


def measure(examples: Iterable[Example]) -> Result:
    read = tuple(examples)
    return Result(read, tuple(one for one in read if not one.is_right()))


def table(title: str, result: Result) -> str:
    """The result by kind and language, as text."""
    all_of, wrong = (Counter((one.kind, one.language) for one in some) for some in (result.examples, result.wrong))
    languages = sorted({language for _, language in all_of}, key=lambda code: (code != "en", code))
    lines = [f"{title}: {len(result.examples) - len(result.wrong)} of {len(result.examples)} right"]
    lines.append(f"{'':14}" + "".join(f"{language:>9}" for language in languages))
    for kind in sorted({kind for kind, _ in all_of}):
        cells = (
            f"{all_of[kind, code] - wrong[kind, code]}/{all_of[kind, code]}" if all_of[kind, code] else ""
            for code in languages
        )
        lines.append(f"{kind:14}" + "".join(f"{cell:>9}" for cell in cells))
    return "\n".join(lines)
