"""Log formatter: JSON or a text line; truncated, one line per event, known facts only."""

import logging
import sys
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from nono.logs.failures import failure_text
from nono.logs.foreign_records import OWN, NoStatuses, fitted, is_own

Format = Literal["json", "text"]

FACTS: Final = frozenset(
    {
        *("request_id", "socket_id", "reply_id", "session"),
        *("method", "route", "status", "ms", "code", "seconds", "state", "kind"),
    }
)
"""Allowed facts of an event besides its sentence, time, level and logger."""

LONGEST: Final = 1000
"""Maximum characters of one fact or sentence."""

LONGEST_FAILURE: Final = 16_000
"""Maximum characters of a traceback; the start is cut off."""


def configuration(form: Format | None) -> dict[str, Any]:
    """Returns Django's ``LOGGING``; if ``form`` is None, text on a terminal and JSON elsewhere."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"no statuses": {"()": NoStatuses}},
        "formatters": {"event": {"()": Formatter, "form": form}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "event", "filters": ["no statuses"]}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": "INFO"} for name in OWN},
            "django": {"handlers": [], "level": "WARNING", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            # It logs a traceback per second while the store is unreachable; requests and /health report that.
            "channels_redis": {"level": "CRITICAL"},
        },
    }


class Formatter(structlog.stdlib.ProcessorFormatter):
    """Formats each record, own or third-party, as one line."""

    def __init__(self, form: Format | None) -> None:
        is_text = form == "text" or (form is None and _is_terminal(sys.stderr))
        render: list[Processor] = [_line] if is_text else [structlog.processors.JSONRenderer(ensure_ascii=True)]
        super().__init__(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.ExtraAdder(allow=FACTS),
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _failure,
                _short,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _in_order, *render],
            keep_exc_info=True,
            keep_stack_info=False,
        )

    def format(self, record: logging.LogRecord) -> str:
        """Returns the formatted line."""
        return super().format(record if is_own(record.name) else fitted(record))


def _failure(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Adds the exception as text, made by ``failure_text``."""
    record: logging.LogRecord = event["_record"]
    event.pop("exc_info", None)
    event.pop("stack_info", None)
    if record.exc_info and record.exc_info[1]:
        event["failure"] = failure_text(record.exc_info[1])[-LONGEST_FAILURE:]
    record.exc_info, record.exc_text = None, None
    return event


def _short(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Truncates long values."""
    for name, value in event.items():
        if isinstance(value, str) and name != "failure" and len(value) > LONGEST:
            event[name] = f"{value[:LONGEST]} … ({len(value)} characters)"
    return event


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Puts the time, the level and the sentence first."""
    first = ("timestamp", "level", "logger", "event")
    return {**{name: event.pop(name) for name in first if name in event}, **dict(sorted(event.items()))}


def _line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Formats the event as text; a traceback keeps its line breaks."""
    failure = event.pop("failure", None)
    time, level, logger, sentence = (event.pop(name, "") for name in ("timestamp", "level", "logger", "event"))
    facts = " ".join(f"{name}={_plain(str(value))}" for name, value in event.items() if name != "request_id")
    head = f"{time[11:19]} {level:<7} {_plain(str(sentence))}"
    line = f"{head}  {facts}" if facts else head
    if not is_own(logger):
        line += f"  ({_plain(logger)})"
    return line if failure is None else "\n    ".join([line, *map(_plain, failure.splitlines())])


def _plain(text: str) -> str:
    """Escapes non-printable characters, such as terminal controls and bidirectional marks."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()
