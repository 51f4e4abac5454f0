"""Real servers to harm, and a table at the end of what the harm did."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import table
from tests.faults.redis_server import OwnRedis
from tests.faults.table import Row
from tests.support.server import SERVE, Server

StartRedis = Callable[..., OwnRedis]
StartNono = Callable[..., Server]
Note = Callable[[Row], None]

NOTED = "fault"
"""Under this name a row travels in the report of its test, also from another process."""


@pytest.fixture
def start_redis() -> Iterator[StartRedis]:
    """Starts a Redis with the options of a test; without any, one that keeps what it acknowledges."""
    started: list[OwnRedis] = []

    def start(*options: str, **keywords: Any) -> OwnRedis:
        started.append(OwnRedis(*options, **keywords))
        started[-1].start()
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that all Nonos of these tests share: only the first start has to prepare it."""
    return tmp_path_factory.mktemp("faults")


@pytest.fixture
def start_nono(data: Path, start_redis: StartRedis) -> Iterator[StartNono]:
    """Starts a Nono on a Redis, with parts of it altered (tests/support/mutants.py)."""
    started: list[Server] = []

    def start(store: OwnRedis, *alterations: str, **variables: str) -> Server:
        program = ("tests.support.mutants", *alterations) if alterations else SERVE
        settings = {"REDIS_URL": store.url, "NONO_ACCESS": "shared"} | variables
        started.append(Server(data, program, **settings))
        started[-1].start()
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Puts a row into the table."""

    def note_row(row: Row) -> None:
        request.node.user_properties.append((NOTED, row.to_dict()))

    return note_row


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the table in the order of the tests, in whatever order their processes ended them."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    reports.sort(key=lambda report: report.location)
    rows = [Row(**row) for report in reports for name, row in report.user_properties if name == NOTED]
    if rows:
        terminalreporter.section("what the faults did")
        for line in table.lines(rows):
            terminalreporter.write_line(line)
