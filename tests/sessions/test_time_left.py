"""How long a chat still lives, as the admin says it: in begun minutes, as the visitor's own page does."""

import time

import pytest

from sessions_app.admin.rows import time_left
from sessions_app.session import Session

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3600, "60 min"),
        (3599, "60 min"),
        (3541, "60 min"),
        (3540, "59 min"),
        (120, "2 min"),
        (119, "119 s"),
        (0, "0 s"),
    ],
)
def test_a_minute_that_has_begun_counts(seconds: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)
    session = Session("", "", "default", "", "", 0, int(NOW + seconds) * 1000)

    assert time_left(session) == words
