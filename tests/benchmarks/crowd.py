"""Many sessions at once, in a store of the benchmark's own."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command

from nono import private_redis, store
from nono.store import operations
from sessions_app import personas

AT_ONCE = 2000


@contextmanager
def own_store() -> Iterator[None]:
    """Prepares an empty database and an empty store, and leaves them at the end."""
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    call_command("migrate", verbosity=0)
    private_redis.join(settings.NONO_DATA_DIR)
    try:
        yield
    finally:
        private_redis.leave(settings.NONO_DATA_DIR)
        shutil.rmtree(settings.NONO_DATA_DIR)


def begin_sessions(numbers: Iterable[int]) -> None:
    """Begins sessions of every persona; numbers that have one already keep it."""
    some: list[store.Operation[tuple[str, operations.Row]]] = []
    for number in numbers:
        some.append(_creation(number))
        if len(some) == AT_ONCE:
            store.run_all(some)
            some = []
    if some:
        store.run_all(some)


def name_of(number: int) -> str:
    """Returns the name of a session."""
    return f"user {number:06}"


def _creation(number: int) -> store.Operation[tuple[str, operations.Row]]:
    name, everybody = name_of(number), personas.every()
    fields = {
        "session_id": f"session_{name}_1",
        "user_id": name,
        "persona": everybody[number % len(everybody)].key,
        "created_at": "2026-01-01T00:00:00+00:00",
        "last_activity": "2026-01-01T00:00:00+00:00",
        "metadata": "{}",
        "owner": "",
    }
    return operations.create(name, "", f"epoch{number}", fields)
