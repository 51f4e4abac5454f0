"""Nono as a process of its own, for a browser to visit and for a fault to kill."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nono.environment import PROJECT
from tests.support import prepared_folder

SERVE = ("nono.server",)
"""The module that runs, and its arguments."""


class Server:
    """One installation with its own data folder; it keeps its address when it is started again.

    What it writes to its log goes to the file ``log`` where one is given.
    """

    def __init__(
        self, data: Path, program: Sequence[str] = SERVE, log: Path | None = None, /, **variables: str
    ) -> None:
        self.address = ""
        self._program = program
        self._log = log
        self._variables = {
            "HOST": "127.0.0.1",
            "PORT": "0",
            "REDIS_URL": "",
            "LLM_BASE_URL": "",
            "NONO_DATA_DIR": str(data),
            "NONO_ACCESS": "private",
            "NONO_RATE_LIMITS": "off",
            "NONO_METRICS": "on",
            **variables,
        }
        self._process: subprocess.Popen[str] | None = None
        prepared_folder.fill(data)

    @property
    def pid(self) -> int:
        """Returns the number of the running process."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Starts the process and waits for its word that it is ready."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", *self._program],
            cwd=PROJECT,
            env={**os.environ, **self._variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log.open("ab") if self._log else None,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout
        said = self._process.stdout.readline()
        ready = re.match(r"Nono is ready at (http://\S+:(\d+))/", said)
        assert ready, said
        self.address, self._variables["PORT"] = ready[1], ready[2]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stops the process as an operator does, waits for its end and returns its exit status."""
        if self._process is None:
            return 0
        self._process.send_signal(number)
        self._process.communicate(timeout=20)
        status, self._process = self._process.returncode, None
        return status

    def kill(self) -> None:
        """Ends the process without a word, as a crash does."""
        self.stop(signal.SIGKILL)
