"""Exceptions as text for the log: traceback and type, without values."""

import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Final

from nono.errors import NonoError

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

PLAIN: Final = (NonoError, OSError, AttributeError, TypeError, NameError, ImportError, IndexError, RecursionError)
"""Exception types whose message describes the program or the machine. Messages of other types may quote input: of a
validator, a database row or a parser."""

DEEPEST: Final = 5
"""Maximum depth of the chain of causes, and maximum number of exceptions of a group."""


def failure_text(failure: BaseException) -> str:
    """Returns the tracebacks, without locals, of an exception and its causes, the root cause first."""
    return "\n".join(_parts(failure, DEEPEST))


def sentence_of(failure: BaseException) -> str:
    """Returns the type of an exception, and its message if that quotes no input."""
    kind = type(failure)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{name}: {failure}" if is_plain(failure) else f"{name} (what it says is not shown here)"


def is_plain(failure: BaseException) -> bool:
    """Returns whether the message of an exception describes the program or the machine and quotes no input."""
    return isinstance(failure, PLAIN)


def _parts(failure: BaseException, depth: int) -> Iterator[str]:
    earlier = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
    if earlier is not None and depth:
        yield from _parts(earlier, depth - 1)
        yield "which led to:"
    yield "".join(traceback.format_tb(failure.__traceback__)).rstrip()
    yield sentence_of(failure)
    if isinstance(failure, BaseExceptionGroup) and depth:
        for one in failure.exceptions[:DEEPEST]:
            yield "of which:"
            yield from _parts(one, depth - 1)
