"""Gives every test process a data folder of its own, before Django reads its settings."""

import os
import shutil
import tempfile

import pytest

DATA = tempfile.mkdtemp(prefix="nono-tests-")
# The first process of a run makes the folder for all of them (tests/support/prepared_folder.py).
os.environ.setdefault("TESTS_PREPARED", os.path.join(DATA, "prepared"))  # noqa: PTH118  nothing else is imported yet
os.makedirs(os.environ["TESTS_PREPARED"], exist_ok=True)  # noqa: PTH103
for name in [name for name in os.environ if name.startswith("LLM_") or name in {"REDIS_URL", "DATABASE_URL", "DEBUG"}]:
    del os.environ[name]
os.environ.update(
    {
        "DJANGO_SETTINGS_MODULE": "nono.settings",
        "NONO_ENV_FILE": os.devnull,
        "NONO_DATA_DIR": DATA,
        "NONO_ACCESS": "shared",
        "NONO_RATE_LIMITS": "off",
        "NONO_METRICS": "off",  # nothing writes to the store but what a test does
        "SECRET_KEY": "only-for-tests-" * 4,
    }
)


def pytest_unconfigure(config: pytest.Config) -> None:
    from nono import private_redis

    private_redis.leave()  # or its keeper misses the folder
    shutil.rmtree(DATA, ignore_errors=True)
