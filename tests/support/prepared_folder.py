"""A data folder as the first start of an installation leaves it, made once for all servers that tests start."""

import fcntl
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from nono.environment import PROJECT

WHERE = "TESTS_PREPARED"
"""Names the folder in which all processes of a run of the tests look for it (tests/support/environment.py)."""

PREPARE = """
from pathlib import Path
import django
from django.conf import settings
django.setup()
from nono.server import bootstrap as preparation
preparation.prepare(Path(settings.NONO_DATA_DIR))
"""


def fill(data: Path) -> None:
    """Copies the database and the static files into a folder in which nobody has started yet."""
    if not any(data.iterdir()):
        shutil.copytree(_prepared(), data, dirs_exist_ok=True)


@functools.cache
def _prepared() -> Path:
    """Prepares a folder, or finds the one that another process of this run has prepared."""
    run = Path(os.environ[WHERE])
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        data = run / "data"
        if not data.exists():
            making = run / "making"
            making.mkdir(mode=0o700, exist_ok=True)
            variables = {"NONO_DATA_DIR": str(making), "REDIS_URL": "redis://127.0.0.1:1/0"}
            subprocess.run([sys.executable, "-c", PREPARE], cwd=PROJECT, env=os.environ | variables, check=True)
            making.rename(data)
    return data
