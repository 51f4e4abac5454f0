"""Context of log events: facts bound once per task and added to all of its events."""

import re
import uuid
from typing import Final

from structlog.contextvars import bind_contextvars

_HARMLESS: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def belongs_to(**facts: str) -> None:
    """Binds facts, such as ``request_id`` or ``reply_id``, to all events of this task."""
    bind_contextvars(**facts)


def new_id() -> str:
    """Returns a new random id for a request or a socket."""
    return uuid.uuid4().hex


def harmless_id(given: str | None) -> str:
    """Returns ``given`` if it is 1 to 64 letters, digits, ``.``, ``_`` or ``-``, else a new id."""
    return given if given and _HARMLESS.fullmatch(given) else new_id()
