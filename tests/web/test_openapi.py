"""The API document against the running API: schemathesis asks everything that the document allows, and more."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("nono"), NONO_ACCESS="shared")
    server.start()
    yield server
    server.stop()


def test_no_call_fails_and_none_answers_what_is_not_documented(server: Server, tmp_path: Path) -> None:
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.address}/api/openapi.json"),
            *("--checks", CHECKS, "--max-examples", "50", "--continue-on-failure"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]
