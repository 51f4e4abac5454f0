"""Cleaning of third-party log records: their sentences stay, personal values are removed."""

import logging
import sys
from typing import Final

OWN: Final = ("nono", "chat_app", "sessions_app")
"""Prefixes of Nono's own loggers."""


def is_own(logger: str) -> bool:
    """Returns whether a logger is one of Nono's."""
    return logger.partition(".")[0] in OWN


class NoStatuses(logging.Filter):
    """Drops Django's record of each 4xx response: every request has an event of its own, with its status."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns False for a record of ``django.request`` without an exception."""
        return record.name != "django.request" or bool(record.exc_info)


def fitted(record: logging.LogRecord) -> logging.LogRecord:
    """Returns a copy of a third-party record without paths, which contain names, and without quoted exceptions."""
    copy = logging.makeLogRecord(record.__dict__)
    if record.name.startswith("daphne") and str(record.msg).startswith("Traceback"):
        copy.msg, copy.exc_info = "The web server failed on a request.", sys.exc_info()
    elif record.name == "django.request":
        copy.msg, copy.args = "A request failed.", ()
    elif record.name == "django.security.csrf" and isinstance(record.args, tuple):
        copy.msg, copy.args = "Forbidden (%s)", record.args[:1]
    elif record.name.startswith("django.security"):
        copy.exc_info = None  # the traceback of a refusal is not useful
    copy.msg = _first_line(copy)
    copy.args = ()
    return copy


def _first_line(record: logging.LogRecord) -> str:
    if record.exc_info:  # the arguments repeat the exception
        return str(record.msg).partition("\n")[0]
    try:
        return record.getMessage().partition("\n")[0]
    except (TypeError, ValueError):
        return str(record.msg).partition("\n")[0]
