"""What an event belongs to: bound once, and on every event of the same task from then on."""

import re
import uuid
from typing import Final

from structlog.contextvars import bind_contextvars

_HARMLESS: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def belongs_to(**facts: str) -> None:
    """Puts facts, such as ``request_id`` or ``reply_id``, on all events of this task."""
    bind_contextvars(**facts)


def new_id() -> str:
    """Makes an id for a request or a socket."""
    return uuid.uuid4().hex


def harmless_id(given: str | None) -> str:
    """Returns the id that a request came with, or a new one where that is none, too long or odd."""
    return given if given and _HARMLESS.fullmatch(given) else new_id()
