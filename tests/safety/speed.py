"""Measures how long the layer takes, in CPU time: ``python -m tests.safety.speed``. No test: a machine may be busy."""

import random
import statistics
import time

from chat_app.safety import assess
from tests.safety.examples import read

MESSAGE = 4_000
HOSTILE = 100_000

SEEDS = {
    "one letter": "a",
    "letters": "a ",
    "half a sentence": "i want to ",
    "denials": "don't kill myself ",
    "dots": ".",
    "dotted": "k.i.l.l.",
    "unseen signs": "k\u200b",
    "strokes": "k\u0336",
    "long signs": "\ufdfa",
    "pictures": "🔫💊",
    "stars": "k*ll ",
    "apostrophes": "d'",
    "one run": "iwantto",
    "signs inside": "a!",
    "bad news": "lost my job ",
    "questions": "how many how much what happens if i took ",
}


def milliseconds(text: str, previous: str = "") -> float:
    begin = time.process_time()
    assess(text, previous)
    return (time.process_time() - begin) * 1_000


def mixed(lines: list[str], length: int) -> str:
    text = ""
    while len(text) < length:
        text += random.choice(lines) + random.choice([" ", ". ", "\n"])
    return text[:length]


def measure() -> None:
    random.seed(1)
    assess("the first call reads the data files")
    lines = [one.text for one in read("development") if one.language == "en"]
    times = sorted(milliseconds(mixed(lines, MESSAGE), mixed(lines, MESSAGE)) for _ in range(300))
    print(f"{MESSAGE} characters: median {statistics.median(times):.1f} ms, 99 of 100 below {times[-4]:.1f} ms")
    letters = ["".join(random.choices("etaoinshrdlu", k=random.randint(4, 10))) for _ in range(20_000)]
    hostile = {name: seed * (HOSTILE // len(seed)) for name, seed in SEEDS.items()}
    hostile |= {"random words": " ".join(letters)[:HOSTILE], "examples": mixed(lines, HOSTILE)}
    for name, text in hostile.items():
        print(f"{HOSTILE} characters, {name}: {milliseconds(text):.1f} ms")


if __name__ == "__main__":
    measure()
