"""One seed for all processes of a run, told at its beginning; what was done, at its end."""

import os
import random

import pytest

SEED = "NONO_FUZZ_SEED"
os.environ[SEED] = os.environ.get(SEED) or str(random.randrange(10**9))


def pytest_report_header() -> str:
    return f"fuzz: {SEED}={os.environ[SEED]}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, done in report.user_properties if report.when == "call" else ():
            if name == "fuzz":
                terminalreporter.write_line(f"fuzz: {done}")
