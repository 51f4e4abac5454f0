"""Data folder: private store, SQLite, static files, secret key."""

import fcntl
import os
import secrets
import tempfile
from pathlib import Path

from nono.errors import ConfigurationError

KEY_FILE = "secret_key"
_KEY_BYTES = 50


def ready(folder: Path) -> Path:
    """Creates the folder with mode 0700, checks that it is writable, and returns it.

    An existing folder keeps its mode. Raises ConfigurationError.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"NONO_DATA_DIR is {str(folder)!r}, and Nono cannot write there: {error.strerror}. "
            "Name another folder, or make this one writable."
        ) from None
    return folder


def secret_key(folder: Path) -> str:
    """Returns the secret key of this data folder; the first call creates it (mode 0600).

    A file lock makes processes that start together use the same key. Raises ConfigurationError.
    """
    file = ready(folder) / KEY_FILE
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "r+", encoding="ascii") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            os.fchmod(opened.fileno(), 0o600)
            key = opened.read().strip()
            if len(key) >= _KEY_BYTES:
                return key
            key = secrets.token_urlsafe(_KEY_BYTES)
            opened.seek(0)
            opened.write(key)
            opened.flush()
            os.fsync(opened.fileno())
            return key
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The secret key in {file} cannot be read or made: {error}.") from None
