"""Folder of the private store: its socket path, the engine that wrote its data, and its three locks.

The kernel releases the locks when a process ends, however it ends:

``members.lock``    shared, held by every process that has joined; the process that can make it exclusive is the last.
``starting.lock``   exclusive, held while a process decides whether to start or stop the server.
``server.lock``     exclusive, held by the server itself, which inherits it when it is started.
"""

import fcntl
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import IO

from nono.errors import ConfigurationError
from nono.private_redis.process import Engine

_LONGEST_SOCKET_PATH = 100
"""Bytes; the kernel allows 107 (Linux) or 103 (macOS)."""


class StoreFolder:
    """Paths and locks of the store of one data folder; the constructor touches no file."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir.resolve() / "store"
        self.socket = self._socket()

    def make(self) -> None:
        """Creates missing folders with mode 0700. Raises ConfigurationError if one belongs to another user."""
        _make_private(self.path)
        _make_private(self.socket.parent)

    def open_lock(self, name: str) -> IO[bytes]:
        """Opens one of the three lock files, without locking it."""
        return (self.path / f"{name}.lock").open("ab")

    def server_is_gone(self) -> bool:
        """Returns whether no process holds the server's lock."""
        try:
            with self.open_lock("server") as lock:
                return take(lock)
        except FileNotFoundError:  # the whole folder was removed
            return True

    def note_engine(self, engine: Engine) -> None:
        """Records the engine. Raises ConfigurationError if a different or newer one wrote the data."""
        note = self.path / "engine.json"
        if note.exists() and (self.path / "appendonlydir").exists():
            before = Engine(engine.program, **json.loads(note.read_text()))
            if not engine.reads_data_of(before):
                raise ConfigurationError(
                    f"The chats in {self.path} were written by {before}, which {engine} ({engine.program}) "
                    "cannot read: install that again, or move the folder away to start empty."
                )
        note.write_text(json.dumps({"name": engine.name, "version": engine.version}) + "\n")

    def last_words(self) -> str:
        """Returns the last line of the server's log."""
        lines = (self.path / "server.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "its log is empty"

    def _socket(self) -> Path:
        """Returns the socket path: in the folder or, if that path is too long for the kernel, below ``/tmp``.

        TMPDIR and XDG_RUNTIME_DIR are not used: they differ between a service and a terminal, which share the socket.
        """
        socket = self.path / "redis.sock"
        if len(os.fsencode(socket)) <= _LONGEST_SOCKET_PATH:
            return socket
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path("/tmp") / f"nono-{os.getuid()}-{digest}" / socket.name  # noqa: S108  see _make_private


def take(lock: IO[bytes]) -> bool:
    """Takes an exclusive lock if no other process holds one; returns False otherwise. Closing the file releases it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise ConfigurationError(f"{folder} is not a folder of this user; the private store will not use it.")
        folder.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(f"The private store cannot use {folder}: {error.strerror}.") from None
