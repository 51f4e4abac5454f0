"""The names and words of the first version are gone; docs/architecture.md has the ones that are used."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nono.environment import PROJECT

OLD_NAMES = (
    "doorbell scribe bookkeeping Bookkeeper embedded_store self_check open_chats feed_of close_if_idle open_feeds "
    "aring ring_list hear_up_to shut_door hand_over yield_lease take_place keep_places leave_place bounded_http "
    "bounded_socket bounded_waiting bounded_reading store_clients store_folder store_server start_message "
    "metric_families growing_text doorbell_layer keep_longer retelling hearOf beginAnew holdAll Remembered Appended "
    "Standing Observing"
).split()
OLD_WORDS = ("life of the name", "lives of the name", "nobody's end", "the doorbell", "the scribe")
LEFT_OUT = (
    "CHANGELOG.md",
    "locale/",
    "static/vendor/",
    "tests/browser/vendor/",
    "requirements",
    "tests/test_vocabulary.py",
)
TEXT = {".py", ".md", ".lua", ".html", ".js", ".css", ".toml", ".yaml", ".conf", ".service", ".example", ""}


def sources() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        path = PROJECT / name
        if not name.startswith(LEFT_OUT) and Path(name).suffix in TEXT and path.is_file():
            yield name, path.read_text("utf-8", errors="replace")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return dict(sources())


def found(pattern: str, texts: dict[str, str]) -> list[str]:
    matches = re.compile(pattern)
    return [f"{name}: {match[0]}" for name, text in texts.items() for match in matches.finditer(text)]


def test_no_old_name_is_left(texts: dict[str, str]) -> None:
    assert not found(rf"\b({'|'.join(OLD_NAMES)})\b", texts)


def test_no_old_word_is_left(texts: dict[str, str]) -> None:
    assert not found("|".join(OLD_WORDS), texts)


def test_an_old_name_would_be_found(texts: dict[str, str]) -> None:
    assert found(r"\bdoorbell\b", {**texts, "planted.py": "from nono import doorbell"}) == ["planted.py: doorbell"]
