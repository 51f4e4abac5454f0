"""Preparation before Nono serves: database tables, static files, a free port. Fast if nothing changed."""

import errno
import fcntl
import hashlib
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import django
import servestatic
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import ERROR, run_checks
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from nono.errors import ConfigurationError

MANY_FILES: Final = 65_536


def prepare(folder: Path) -> list[str]:
    """Checks the settings, updates the database and the static files, and returns the warnings.

    A lock serialises processes that start together on one data folder. Raises ConfigurationError.
    """
    warnings = _checked()
    with _one_at_a_time(folder / "preparing.lock"):
        _migrate()
        _collect_static_files(folder / "static.sha256")
    return warnings


def allow_many_sockets() -> None:
    """Raises the soft limit of open files (each socket is one) to the hard limit, at most 65,536."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def has_operator() -> bool:
    """Returns whether an active staff user exists; True if the database cannot be read."""
    try:
        return get_user_model().objects.filter(is_active=True, is_staff=True).exists()
    except DatabaseError:
        return True
    finally:
        connection.close()


def claim(host: str, port: int) -> None:
    """Checks that the port is free by listening on it once. Raises ConfigurationError with advice."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # like the server itself
            probe.bind(address)
            probe.listen()
    except OSError as error:
        raise ConfigurationError(_why_not(host, port, error)) from None


def _why_not(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"HOST is {host!r}: this machine has no such address to listen on."
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is busy: another program listens there. Stop it, or choose another port "
            f"with PORT={port + 1 if port < 65535 else 8000}."
        )
    return f"Nono cannot listen on port {port} of {host}: {error.strerror}. Choose another port with PORT=8000."


def _checked() -> list[str]:
    found = [message for message in run_checks() if not message.is_silenced()]
    errors = [str(message.msg) for message in found if message.is_serious(ERROR)]
    if errors:
        raise ConfigurationError("\n".join(errors))
    return [f"{message.msg} {message.hint or ''}".strip() for message in found]


def _migrate() -> None:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise ConfigurationError(f"The database of the operators cannot be used: {error}") from None
    finally:
        connection.close()


def _collect_static_files(note: Path) -> None:
    """Collects, hashes and compresses the static files, unless ``note`` has the digest of the current ones."""
    state = _state_of_static_files()
    if note.exists() and note.read_text() == state and Path(settings.STATIC_ROOT).is_dir():
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    note.write_text(state)


def _state_of_static_files() -> str:
    digest = hashlib.sha256(f"{django.__version__} {servestatic.__version__} {settings.STATIC_URL}".encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"\n{path} {stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest()


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    with lock.open("ab") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
