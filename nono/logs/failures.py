"""Exceptions as text for the log: where it happened and what kind it was, without the values it happened with."""

import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Final

from nono.errors import NonoError

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

PLAIN: Final = (NonoError, OSError, AttributeError, TypeError, NameError, ImportError, IndexError, RecursionError)
"""Kinds whose sentence is about the program or the machine. Others quote what they were given: a validator its input,
a database its row, a parser its text."""

DEEPEST: Final = 5
"""Causes of causes that are followed, and exceptions of a group."""


def failure_text(failure: BaseException) -> str:
    """Returns a traceback without locals, and the exceptions that led to it, the first one first."""
    return "\n".join(_parts(failure, DEEPEST))


def sentence_of(failure: BaseException) -> str:
    """Returns the kind of an exception, and what it says where that can be shown."""
    kind = type(failure)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{name}: {failure}" if is_plain(failure) else f"{name} (what it says is not shown here)"


def is_plain(failure: BaseException) -> bool:
    """Tells whether what an exception says is about the program or the machine, not about what it was given."""
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
