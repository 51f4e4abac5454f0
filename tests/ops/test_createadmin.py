"""``make createadmin``: an operator, also where there is no terminal."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nono.environment import PROJECT
from tests.support import prepared_folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("make") is None, reason="needs make"),
]

OPERATOR = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": "not-a-secret-here"}
ASK = """
from django.contrib.auth import authenticate
user = authenticate(username="olga", password="not-a-secret-here")
print(user and user.is_superuser)
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    prepared_folder.fill(tmp_path)
    return tmp_path


def run(words: list[str], data: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_SUPERUSER", "MAKE"))}
    return subprocess.run(
        words,
        cwd=PROJECT,
        env={**bare, "NONO_DATA_DIR": str(data), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def createadmin(data: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Makes an operator with the Python that runs the tests; nothing is installed."""
    own = f"IN_VENV={Path(sys.executable).parent}/"
    return run(["make", "--old-file", ".venv/installed", "createadmin", own], data, **variables)


def test_with_name_and_password_set_it_needs_no_terminal(data: Path) -> None:
    made = createadmin(data, **OPERATOR)
    assert made.returncode == 0, made.stderr
    assert run([sys.executable, "manage.py", "shell", "--command", ASK], data).stdout.endswith("True\n")
    again = createadmin(data, **OPERATOR)
    assert again.returncode != 0
    assert "already taken" in again.stderr


def test_without_a_terminal_and_a_password_it_fails_and_says_what_to_set(data: Path) -> None:
    failed = createadmin(data, DJANGO_SUPERUSER_USERNAME="olga")
    assert failed.returncode != 0
    assert "set DJANGO_SUPERUSER_USERNAME and DJANGO_SUPERUSER_PASSWORD" in failed.stderr
