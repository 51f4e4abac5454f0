"""``manage.py check`` in a process of its own: what it warns of, and what it refuses for deployment."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nono.environment import PROJECT, Environment

pytestmark = pytest.mark.slow

Manage = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def manage(tmp_path: Path) -> Manage:
    """Runs manage.py in a process of its own, on a data folder of its own."""

    bare = {name: value for name, value in os.environ.items() if name not in Environment.model_fields}

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env={**bare, "NONO_DATA_DIR": str(tmp_path / "data"), **variables},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    return run


def test_a_command_says_what_is_wrong_in_place_of_a_traceback(manage: Manage) -> None:
    refused = manage("check", PORT="many")

    assert refused.returncode == 1
    assert "PORT is 'many'" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_check_is_clean_and_warns_of_a_misspelt_variable(manage: Manage) -> None:
    assert "no issues" in manage("check").stdout
    assert "Did you mean NONO_ACCESS?" in manage("check", NONO_ACESS="shared").stderr


def test_check_warns_where_others_can_read_all_chats(manage: Manage) -> None:
    warned = manage("check", NONO_ACCESS="shared", HOST="0.0.0.0", ALLOWED_HOSTS="chat.example.org")

    assert warned.returncode == 0
    assert "everyone who can open this address can see and open every chat" in warned.stderr


def test_deployment_refuses_a_made_key_and_shared_chats(manage: Manage) -> None:
    refused = manage("check", "--deploy", NONO_ACCESS="shared")

    assert refused.returncode == 1
    assert "nono.E001" in refused.stderr
    assert "nono.E002" in refused.stderr
