"""These tests run by ``make test-model`` alone: they take a server that is compiled first."""

import os

PYTHON = os.environ.get("MODEL_PYTHON", "")
"""The Python of the environment that holds the server and OpenAI's client."""

collect_ignore_glob = [] if PYTHON else ["test_*.py"]
