"""The private store: a real Valkey or Redis server that the processes of one data folder share.

The first process to join starts it, others attach, the last one to leave stops it. Only entry points join
(manage.py, nono/server/__main__.py, nono/asgi.py, test fixtures); nono/private_redis/lock_dir.py has the locks.
"""

import atexit
import fcntl
import functools
import logging
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from nono import data_folder
from nono.errors import ConfigurationError
from nono.private_redis import process
from nono.private_redis.lock_dir import StoreFolder, take

IN_MEMORY_URL = "redis://in-memory:6379/0"
"""URL for fakeredis inside this process, used if no server program is installed."""

PATIENCE = 120.0
"""Seconds that a server may take to load its data, or an old one to end, before joining fails."""

WATCH_EVERY = 0.5
"""Seconds between two checks of a server that is kept alive."""

FORGET_EVERY = 600.0
"""Seconds between two rewrites of the append-only file, which remove deleted data from it."""

logger = logging.getLogger(__name__)


def url(data_dir: Path) -> str:
    """Returns the URL of the store of this data folder. Starts nothing."""
    if process.find_program() is None:
        return IN_MEMORY_URL
    return f"unix://{quote(str(StoreFolder(data_dir).socket))}?db=0"


def join(data_dir: Path, *, keep_alive: bool = False) -> str:
    """Joins the store of this data folder, starting it if it is not running, and returns its URL.

    Joining twice has no further effect. With ``keep_alive`` a thread restarts the server when it dies.
    Raises ConfigurationError with a sentence for an operator.
    """
    if process.find_program() is None:
        _warn_of_memory()
        return IN_MEMORY_URL
    folder = StoreFolder(data_dir)
    with _changing:
        if folder.path not in _memberships:
            data_folder.ready(data_dir)
            _memberships[folder.path] = Membership(folder)
        if keep_alive:
            _memberships[folder.path].keep_alive()
    return url(data_dir)


def leave(data_dir: Path | None = None) -> None:
    """Leaves the store of one data folder, or all joined stores; the last process to leave stops the server."""
    with _changing:
        left = list(_memberships) if data_dir is None else [StoreFolder(data_dir).path]
        for path in left:
            if path in _memberships:
                _memberships.pop(path).end()


class Membership:
    """Membership of this process in a store, from joining until ``end()``."""

    def __init__(self, folder: StoreFolder) -> None:
        self._folder = folder
        self._process = os.getpid()
        self._server: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None
        self._ending = threading.Event()
        folder.make()
        self._decision = folder.open_lock("starting")
        self._seat = folder.open_lock("members")
        try:
            with self._deciding():
                fcntl.flock(self._seat, fcntl.LOCK_SH)
                self._ensure_server()
        except BaseException:
            self._seat.close()
            self._decision.close()
            raise

    def keep_alive(self) -> None:
        """Starts the thread that restarts the server when it dies and removes deleted data from its file."""
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="private-store", daemon=True)
            self._watcher.start()

    def end(self) -> None:
        """Releases the members lock, and stops the server if no other process holds it."""
        if os.getpid() != self._process:  # in a fork; the lock belongs to the parent
            return
        self._ending.set()
        if self._watcher:
            self._watcher.join()
        with self._decision, self._seat:
            fcntl.flock(self._decision, fcntl.LOCK_EX)
            if take(self._seat):
                self._stop_server()
        if self._server:
            self._server.poll()

    def _ensure_server(self) -> None:
        """Returns when a server responds; requires the starting lock. Raises ConfigurationError."""
        server = None
        deadline = time.monotonic() + PATIENCE
        while not process.answers(self._folder.socket):
            if server and server.poll() is not None:
                raise ConfigurationError(f"The private store did not start: {self._folder.last_words()}")
            if not server:
                server = self._start_if_gone()
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"The private store in {self._folder.path} does not answer; see its server.log."
                )
            time.sleep(0.02)

    def _start_if_gone(self) -> subprocess.Popen[bytes] | None:
        """Starts the server unless one is running, which may still be loading its data or ending."""
        with self._folder.open_lock("server") as lifeline:
            if not take(lifeline):
                return None
            program = process.find_program()
            if program is None:
                raise ConfigurationError("The private store stopped, and its program is no longer installed.")
            engine = process.identify(program)
            self._folder.note_engine(engine)
            self._folder.socket.unlink(missing_ok=True)  # stale: a running server would hold the lock
            self._server = process.start(engine, self._folder.path, self._folder.socket, lifeline.fileno())
            return self._server

    def _stop_server(self) -> None:
        """Stops the server and waits until it has ended, so that the next start does not overlap with it."""
        process.stop(self._folder.socket)
        deadline = time.monotonic() + PATIENCE
        while not self._folder.server_is_gone() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _watch(self) -> None:
        forget_at = time.monotonic() + FORGET_EVERY
        while not self._ending.wait(WATCH_EVERY):
            if time.monotonic() > forget_at:
                process.forget(self._folder.socket)
                forget_at = time.monotonic() + FORGET_EVERY
            if self._server:
                self._server.poll()  # reaps a dead child
            if not self._folder.server_is_gone():
                continue
            try:
                with self._deciding():
                    self._ensure_server()
                logger.warning("The private store had stopped; it has been started again.")
            except (ConfigurationError, OSError) as error:
                logger.error("The private store cannot be started again: %s", error)
                self._ending.wait(10 * WATCH_EVERY)

    @contextmanager
    def _deciding(self) -> Iterator[None]:
        fcntl.flock(self._decision, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._decision, fcntl.LOCK_UN)


@functools.cache
def _warn_of_memory() -> None:
    logger.warning(
        "No Valkey or Redis server was found: chats are kept in this process's memory, are lost when it "
        "ends, and are invisible to other commands. `make install` brings one, or set REDIS_URL."
    )


_memberships: dict[Path, Membership] = {}
_changing = threading.Lock()
atexit.register(leave)
