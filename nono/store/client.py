"""The one door to Redis: operations as values, and the two drivers that run them.

An ``Operation`` says what to run and how to read the answer (nono/store/ has them all). ``run`` takes
django-redis' raw client, for everything synchronous; ``arun`` a ``redis.asyncio`` client made from the same
settings, one per event loop: going through threads instead costs a fifth to a half of the turns.
"""

import asyncio
import functools
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import redis
from django_redis import get_redis_connection
from redis.exceptions import NoScriptError, RedisError, ResponseError

from nono.errors import StoreUnavailable
from nono.metrics import counters
from nono.store import async_client
from nono.store.async_client import client

T = TypeVar("T")
U = TypeVar("U")

DEADLINE = 2.8
"""Seconds after which an awaited operation has failed, retries included; callers promise an answer within 3."""

_REFUSALS = {
    "OOM",
    "MISCONF",
    "READONLY",
    "LOADING",
    "BUSY",
    "NOREPLICAS",
    "MASTERDOWN",
    "NOAUTH",
    "WRONGPASS",
}
_DAMAGED = "What the store holds under this name is damaged. An operator can mend it: manage.py nono_doctor --fix."
_LUA = Path(__file__).parent / "lua"

Argument = str | int | bytes


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script, its name and the digest under which Redis keeps it."""

    name: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """One round trip to the store: a script with its keys and arguments, or a command, and how to read the answer."""

    script: Script | None
    keys: tuple[str, ...]
    arguments: tuple[Argument, ...]
    read: Callable[[Any], T]

    @property
    def name(self) -> str:
        """Returns what the operation is counted as: its script's name, or its command."""
        return self.script.name if self.script else str(self.arguments[0]).lower()

    def then(self, read: Callable[[T], U]) -> "Operation[U]":
        """Returns the same operation with its answer read one step further."""
        inner = self.read
        return replace(self, read=lambda answer: read(inner(answer)))  # type: ignore[return-value, arg-type]

    def words(self, *, whole_text: bool = False) -> tuple[Argument, ...]:
        """Returns what goes over the wire; with ``whole_text`` the script itself in place of its digest."""
        if self.script is None:
            return self.arguments
        head = ("EVAL", self.script.text) if whole_text else ("EVALSHA", self.script.digest)
        return (*head, len(self.keys), *self.keys, *self.arguments)


def script(name: str, keys: Sequence[str], arguments: Sequence[Argument], read: Callable[[Any], T]) -> Operation[T]:
    """Returns the operation that runs ``nono/store/lua/<name>.lua``."""
    return Operation(load_script(name), tuple(keys), tuple(arguments), read)


def command(*words: Argument, read: Callable[[Any], T]) -> Operation[T]:
    """Returns the operation that sends one plain command."""
    return Operation(None, (), words, read)


@functools.cache
def load_script(name: str) -> Script:
    """Reads a script once, with the functions of ``_prelude.lua`` before it."""
    text = "".join((_LUA / f"{part}.lua").read_text(encoding="utf-8") for part in ("_prelude", name))
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def run(operation: Operation[T]) -> T:
    """Runs ``operation`` and returns its answer, read; raises ``StoreUnavailable`` and what reading raises."""
    client: Any = get_redis_connection("chat")
    began = time.perf_counter()
    with _as_store_unavailable():
        try:
            answer = client.execute_command(*operation.words())
        except NoScriptError:
            answer = client.execute_command(*operation.words(whole_text=True))
    _measure(began, operation)
    return operation.read(answer)


def run_all(operations: Sequence[Operation[T]]) -> list[T]:
    """Runs independent operations in one round trip and returns their answers in order."""
    client: Any = get_redis_connection("chat")
    pipeline = client.pipeline(transaction=False)
    for operation in operations:
        pipeline.execute_command(*operation.words())
    began = time.perf_counter()
    with _as_store_unavailable():
        answers = pipeline.execute(raise_on_error=False)
    _measure(began, *operations)
    return [
        run(operation) if isinstance(answer, NoScriptError) else _read(operation, answer)
        for operation, answer in zip(operations, answers, strict=True)
    ]


async def arun(operation: Operation[T]) -> T:
    """Is the awaitable twin of ``run``."""
    asked = client()
    began = time.perf_counter()
    async with in_time():
        try:
            answer = await asked.execute_command(*operation.words())
        except NoScriptError:
            answer = await asked.execute_command(*operation.words(whole_text=True))
    _measure(began, operation)
    return operation.read(answer)


async def arun_all(operations: Sequence[Operation[T]]) -> list[T]:
    """Is the awaitable twin of ``run_all``."""
    pipeline = client().pipeline(transaction=False)
    for operation in operations:
        pipeline.execute_command(*operation.words())
    began = time.perf_counter()
    async with in_time():
        answers = await pipeline.execute(raise_on_error=False)
    _measure(began, *operations)
    return [
        await arun(operation) if isinstance(answer, NoScriptError) else _read(operation, answer)
        for operation, answer in zip(operations, answers, strict=True)
    ]


async def aclose() -> None:
    """Closes this event loop's connections; whoever ends a loop calls it."""
    await async_client.aclose()


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Bounds what it surrounds by ``DEADLINE`` and raises ``StoreUnavailable`` for all that the store can do to it."""
    with _as_store_unavailable():
        async with asyncio.timeout(DEADLINE):
            yield


def _read(operation: Operation[T], answer: Any) -> T:
    with _as_store_unavailable():
        if isinstance(answer, Exception):
            raise answer
    return operation.read(answer)


def _measure(began: float, *together: Operation[Any]) -> None:
    """Counts one round trip, by what it was for; one that carries several kinds of operations as ``several``."""
    names = {operation.name for operation in together}
    name = names.pop() if len(names) == 1 else "several"
    if name != "count":  # to count the counting would be to count for ever
        counters.observe("store_seconds", time.perf_counter() - began, operation=name)


@contextmanager
def _as_store_unavailable() -> Iterator[None]:
    """Translates the drivers' errors once; an error in a script of ours stays what it is, a defect."""
    try:
        yield
    except NoScriptError:
        raise
    except ResponseError as error:
        if _code(error) == "WRONGTYPE":
            counters.count("store_failures", reason="damaged")
            raise StoreUnavailable(_DAMAGED) from error
        if _code(error) not in _REFUSALS:
            raise
        counters.count("store_failures", reason="refused")
        raise StoreUnavailable(f"The store refused to write: {_first_sentence(error)}") from error
    except (TimeoutError, redis.TimeoutError) as error:
        counters.count("store_failures", reason="timeout")
        raise StoreUnavailable("The store did not answer in time. Please try again in a moment.") from error
    except (RedisError, OSError) as error:
        counters.count("store_failures", reason="unreachable")
        raise StoreUnavailable("The store cannot be reached. Please try again in a moment.") from error


def _code(error: ResponseError) -> str:
    """Returns the word with which Redis began; the driver takes it off the text of errors that it knows."""
    return error.status_code or str(error).partition(" ")[0]


def _first_sentence(error: ResponseError) -> str:
    return str(error).partition(". ")[0].removesuffix(".") + "."
