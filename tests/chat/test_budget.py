"""How much of a chat fits: weighed in letters, corrected by what the endpoint counts."""

import pytest
import redis
from pytest_django.fixtures import Settings

from chat_app import context
from chat_app.budget import LEAST, MOST, Budget, raw_weight
from chat_app.memory import ChatMemoryManager
from sessions_app.manager import SessionManager


def test_a_letter_weighs_one_and_a_sign_as_much_as_a_token() -> None:
    assert raw_weight("Hello, Jürgen") == 13
    assert raw_weight("你好") == 7
    assert raw_weight("ok 😀") == 6.5


def test_reports_move_the_correction_towards_what_was_counted() -> None:
    budget = Budget()
    for _ in range(30):
        budget.learn(350, tokens=200)
    assert 1.95 < budget.correction <= 2.0
    assert budget.weight("word") == 4 * budget.correction


def test_no_report_empties_or_floods_the_window() -> None:
    budget = Budget()
    for _ in range(100):
        budget.learn(350, tokens=10**9)
    assert budget.correction <= MOST
    for _ in range(100):
        budget.learn(350, tokens=1)
    assert budget.correction >= LEAST
    before = budget.correction
    budget.learn(0, tokens=5)
    budget.learn(350, tokens=0)
    assert budget.correction == before


def test_the_window_follows_the_correction_and_never_passes_the_limit_in_letters(
    raw: redis.Redis, sessions: SessionManager, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NONO_CONTEXT_CHARS = 100
    memory, budget = ChatMemoryManager(), Budget()
    monkeypatch.setattr(context, "budget", budget)
    sessions.create_session("Ann")
    for letter in "abcd":
        memory.add_message("Ann", "user", letter * 25)
    assert len(memory.get_context_window("Ann").messages) == 4
    budget.correction = 2.0
    assert len(memory.get_context_window("Ann").messages) == 2
    budget.correction = 0.5
    memory.add_message("Ann", "user", "e" * 25)
    assert len(memory.get_context_window("Ann").messages) == 4
