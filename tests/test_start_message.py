"""The hint for whoever starts Nono and has no operator yet."""

import pytest
import redis
from django.contrib.auth.models import User
from django.db import OperationalError

from nono import preparation, start_message


def hint() -> bool:
    return start_message.NOBODY in "\n".join(start_message.lines(80, has_operator=preparation.has_operator()))


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
