"""A real redis-server of a test's own, which can be killed, frozen, starved and started again."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import redis

PATIENCE = 15.0
KEPT = ("--appendonly", "yes", "--appendfsync", "always")
"""The options under which an acknowledgement is a promise (docs/storage.md)."""


class OwnRedis:
    """One server on a unix socket; what it keeps stays in its folder from start to start.

    ``before`` is a command that starts the server in its turn and stays in the background, such as a tracer; ``file``
    is a configuration that takes the place of what the options are without it.
    """

    def __init__(self, *options: str, before: Sequence[str] = (), file: Path | None = None) -> None:
        self._home = TemporaryDirectory(prefix="nono-redis-")
        self.folder = Path(self._home.name)
        self.socket = self.folder / "redis.sock"
        self.url = f"unix://{self.socket}?db=0"
        self._program = ("redis-server", str(file)) if file else ("redis-server",)
        self._options = options if file else ("--save", "", *(options or KEPT))
        self._before = tuple(before)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Returns the number of the running process."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Starts the server and returns once it answers."""
        command = (*self._program, "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder))
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [*self._before, *command, "--logfile", "server.log", *self._options],
            stdin=subprocess.DEVNULL,
            restore_signals=False,  # a file that may not grow is then an error to the server, not its end
            start_new_session=True,
        )
        self.wait_until(lambda client: bool(client.ping()))

    @property
    def is_running(self) -> bool:
        """Tells whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def client(self) -> "redis.Redis":
        """Returns a connection of one's own."""
        return redis.Redis(unix_socket_path=str(self.socket), decode_responses=True)

    def wait_until(self, holds: Callable[["redis.Redis"], bool]) -> None:
        """Waits until something holds of the server, which may not answer yet."""
        deadline = time.monotonic() + PATIENCE
        with self.client() as client:
            while True:
                try:
                    if holds(client):
                        return
                except redis.RedisError:
                    pass
                assert time.monotonic() < deadline, (self.folder / "server.log").read_text()[-2000:]
                time.sleep(0.01)

    def kill(self) -> None:
        """Ends the server without a word."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stops the server where it stands; its socket still takes connections."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen server go on."""
        os.kill(self.pid, signal.SIGCONT)

    def fill_disk(self, *, room: int) -> None:
        """Lets no file of the server grow over its largest one's size and ``room`` bytes more."""
        largest = max(path.stat().st_size for path in self.folder.rglob("*.aof"))
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (largest + room, hard))

    def free_disk(self) -> None:
        """Takes that limit away."""
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (hard, hard))

    def contents(self) -> dict[str, tuple[Any, int]]:
        """Returns all that is stored: of each key its dump and when it expires, so that any change shows."""
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            return {key.decode(): (client.dump(key), client.pexpiretime(key)) for key in client.scan_iter(count=1000)}

    def close(self) -> None:
        """Ends the server, if it runs, and removes what it kept."""
        self._end(signal.SIGKILL)
        self._home.cleanup()

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)
            self._process = None
