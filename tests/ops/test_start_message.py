"""The hint for whoever starts Nono and has no operator yet, and who answers."""

import pytest
import redis
from django.contrib.auth.models import User
from django.db import OperationalError
from pytest_django.fixtures import Settings

from nono.server import banner, bootstrap


def hint() -> bool:
    return banner.NOBODY in "\n".join(banner.lines(80, has_operator=bootstrap.has_operator()))


@pytest.mark.parametrize(
    ("user", "is_hinted"),
    [
        ({}, True),
        ({"is_staff": False}, True),
        ({"is_staff": True, "is_active": False}, True),
        ({"is_staff": True}, False),
        ({"is_staff": True, "is_superuser": True}, False),
    ],
)
def test_it_says_how_to_make_an_operator_where_there_is_none(
    db: None, raw: redis.Redis, user: dict[str, bool], is_hinted: bool
) -> None:
    if user:
        User.objects.create(username="olga", **user)
    assert hint() is is_hinted


def test_a_database_that_cannot_be_asked_is_no_reason_not_to_start(
    raw: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("no such table")

    monkeypatch.setattr("django.contrib.auth.models.UserManager.filter", fail)
    assert not hint()


@pytest.mark.parametrize(
    ("address", "voices", "said"),
    [
        ("", [], ["  Voice   offline: scripted personas, as no model is configured (LLM_BASE_URL)"]),
        ("http://a/v1", [], ["  Voice   the model tiny at http://a/v1"]),
        (
            "http://a/v1",
            [("tiny at http://a/v1", "It works.")],
            ["  Voice   the model tiny at http://a/v1", "          It works."],
        ),
        (
            "",
            [("large at http://b/v1", "It works.")],
            [
                "  Voice   offline: scripted personas, as no model is configured (LLM_BASE_URL)",
                "          the model large at http://b/v1",
                "          It works.",
            ],
        ),
    ],
)
def test_each_model_has_its_sentence_on_a_line_of_its_own(
    raw: redis.Redis, settings: Settings, address: str, voices: list[tuple[str, str]], said: list[str]
) -> None:
    settings.LLM_BASE_URL, settings.LLM_MODEL = address, "tiny"
    assert banner.lines(80, voices=voices)[4:] == said
