"""Access to Redis: operations as values, and the two drivers that run them.

An ``Operation`` holds the command or script to run and the function that decodes its response (all of them are in
nono/store/). ``run`` uses django-redis' raw client for synchronous code; ``arun`` uses a ``redis.asyncio`` client made
from the same settings, one per event loop. Threads instead of ``arun`` reduce the throughput by 20% to 50%.
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
"""Timeout of an awaited operation in seconds, retries included; callers promise a response within 3 seconds."""

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
    """A Lua script with its name and the SHA-1 digest under which Redis caches it."""

    name: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """One round trip to the store: a script with its keys and arguments, or a command, and the decoder ``read``."""

    script: Script | None
    keys: tuple[str, ...]
    arguments: tuple[Argument, ...]
    read: Callable[[Any], T]

    @property
    def name(self) -> str:
        """Returns the operation's name in the metrics: the name of its script, or its command in lower case."""
        return self.script.name if self.script else str(self.arguments[0]).lower()

    def then(self, read: Callable[[T], U]) -> "Operation[U]":
        """Returns the same operation with ``read`` applied to its decoded result."""
        inner = self.read
        return replace(self, read=lambda answer: read(inner(answer)))  # type: ignore[return-value, arg-type]

    def words(self, *, whole_text: bool = False) -> tuple[Argument, ...]:
        """Returns the command to send; with ``whole_text`` the text of the script (EVAL), not its digest (EVALSHA)."""
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
    """Reads a script once per process and prepends the functions of ``_prelude.lua``."""
    text = "".join((_LUA / f"{part}.lua").read_text(encoding="utf-8") for part in ("_prelude", name))
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def run(operation: Operation[T]) -> T:
    """Runs ``operation`` and returns its decoded result; raises ``StoreUnavailable`` and the errors of its ``read``."""
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
    """Runs independent operations in one round trip and returns their results in order."""
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
    """Asynchronous version of ``run``."""
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
    """Asynchronous version of ``run_all``."""
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
    """Closes this event loop's connections; the code that ends a loop must call it."""
    await async_client.aclose()


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Limits its block to ``DEADLINE`` seconds; raises ``StoreUnavailable`` for a timeout or an error of the driver."""
    with _as_store_unavailable():
        async with asyncio.timeout(DEADLINE):
            yield


def _read(operation: Operation[T], answer: Any) -> T:
    with _as_store_unavailable():
        if isinstance(answer, Exception):
            raise answer
    return operation.read(answer)


def _measure(began: float, *together: Operation[Any]) -> None:
    """Records the duration of one round trip by operation name; a mix of operations is recorded as ``several``."""
    names = {operation.name for operation in together}
    name = names.pop() if len(names) == 1 else "several"
    if name != "count":  # each recorded count would cause another one
        counters.observe("store_seconds", time.perf_counter() - began, operation=name)


@contextmanager
def _as_store_unavailable() -> Iterator[None]:
    """Translates the drivers' errors to ``StoreUnavailable``; errors raised by Nono's own scripts pass through."""
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
    """Returns Redis' error code; the driver removes it from the text of the errors that it knows."""
    return error.status_code or str(error).partition(" ")[0]


def _first_sentence(error: ResponseError) -> str:
    return str(error).partition(". ")[0].removesuffix(".") + "."
