"""The settings shipped for production: ``check --deploy`` has nothing to say of them, and much without them."""

import secrets
import subprocess

import pytest

from nono import environment
from nono.environment import PROJECT
from tests.ops.test_checks import Manage, manage

__all__ = ["manage"]

pytestmark = pytest.mark.slow

SHIPPED = "deploy/production.env.example"


def checked(manage: Manage, **variables: str) -> subprocess.CompletedProcess[str]:
    return manage("check", "--deploy", "--fail-level=WARNING", NONO_ENV_FILE=SHIPPED, **variables)


def test_the_shipped_settings_pass_with_a_key_of_ones_own(manage: Manage) -> None:
    passed = checked(manage, SECRET_KEY=secrets.token_urlsafe(50))

    assert passed.returncode == 0, passed.stderr
    assert "no issues" in passed.stdout
    assert "(0 silenced)" in passed.stdout


def test_every_step_back_is_refused(manage: Manage) -> None:
    refused = checked(
        manage, NONO_ACCESS="shared", DEBUG="on", NONO_TRUSTED_PROXIES="0", ALLOWED_HOSTS="*", NONO_HSTS="off"
    )

    assert refused.returncode == 1
    for id in (
        "nono.E001",  # shared
        "nono.E002",  # no key of one's own: the shipped file has none
        "nono.E005",  # nobody says how a browser came
        "nono.W004",  # every host
        "security.W004",  # no HSTS
        "security.W008",  # plain http is not redirected
        "security.W018",  # DEBUG
    ):
        assert id in refused.stderr


def test_plain_http_and_a_weak_key_are_refused(manage: Manage) -> None:
    refused = checked(manage, CSRF_TRUSTED_ORIGINS="http://chat.example.org", SECRET_KEY="weak")

    assert refused.returncode == 1
    for id in ("security.W008", "security.W009", "security.W012", "security.W016"):
        assert id in refused.stderr


def test_the_shipped_file_has_settings_that_there_are() -> None:
    for line in (PROJECT / SHIPPED).read_text().splitlines():
        if "=" in line and not line.startswith("# "):
            assert line.removeprefix("#").partition("=")[0] in environment.Environment.model_fields
