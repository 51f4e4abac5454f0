"""What other people's libraries log, made fit for our log: their sentences stay, the values in them do not."""

import logging
import sys
from typing import Final

OWN: Final = ("nono", "chat_app", "sessions_app")
"""The loggers whose sentences are ours."""


def is_own(logger: str) -> bool:
    """Tells whether a logger is ours."""
    return logger.partition(".")[0] in OWN


class NoStatuses(logging.Filter):
    """Leaves out what Django says of every refused request: each request has an event of its own, with its status."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tells whether an event is one for our log: a failure is, a status is not."""
        return record.name != "django.request" or bool(record.exc_info)


def fitted(record: logging.LogRecord) -> logging.LogRecord:
    """Returns a copy of somebody else's event without addresses, which name people, and without quoted exceptions."""
    copy = logging.makeLogRecord(record.__dict__)
    if record.name.startswith("daphne") and str(record.msg).startswith("Traceback"):
        copy.msg, copy.exc_info = "The web server failed on a request.", sys.exc_info()
    elif record.name == "django.request":
        copy.msg, copy.args = "A request failed.", ()
    elif record.name == "django.security.csrf" and isinstance(record.args, tuple):
        copy.msg, copy.args = "Forbidden (%s)", record.args[:1]
    elif record.name.startswith("django.security"):
        copy.exc_info = None  # where a refusal was raised tells nothing
    copy.msg = _first_line(copy)
    copy.args = ()
    return copy


def _first_line(record: logging.LogRecord) -> str:
    if record.exc_info:  # its values are the exception once more
        return str(record.msg).partition("\n")[0]
    try:
        return record.getMessage().partition("\n")[0]
    except (TypeError, ValueError):
        return str(record.msg).partition("\n")[0]
