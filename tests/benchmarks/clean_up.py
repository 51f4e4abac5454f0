"""What a clean-up of many chats takes, and what others notice of it: ``python -m tests.benchmarks.clean_up``.

A third of the sessions is idle, some parts are orphans and some have no clock; both commands run on trial and then for
real, as processes of their own, while the store is asked for an answer all the time.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self

import django

import tests.support.environment  # noqa: F401  a data folder of its own, before Django reads its settings

django.setup()

from django_redis import get_redis_connection  # noqa: E402

from nono.environment import PROJECT  # noqa: E402
from tests.benchmarks.crowd import begin_sessions, name_of, own_store  # noqa: E402

HOURS_AGO_MS = 3 * 3_600_000
FEW = 1000


@dataclass
class Asking:
    """Asks the store again and again how quick it is, until it is told to end."""

    waits: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        client: Any = get_redis_connection("chat")
        while not self._over.is_set():
            begun = time.perf_counter()
            client.ping()
            self.waits.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.001)


def main() -> None:
    """Prints a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    options = parser.parse_args()
    with own_store():
        print(f"{'':48} seconds  peak MiB   PING p99   PING max (ms)")
        for number in (FEW, options.sessions):
            get_redis_connection("chat").flushdb()
            plant(number)
            print(f"{number:,} sessions, a third of them idle for 3 hours")
            for command in ("cleanup_chat_history --older-than 2h", "cleanup_sessions --idle-for 2h"):
                trial, real, again = (run(command, how) for how in ("--dry-run", "", ""))
                assert found(trial) == found(real), (trial, real)
                assert not sum(found(again).values()), again
                print(f"    found, removed or mended: {found(real)}")


def plant(number: int) -> None:
    """Begins sessions with a message each, and does some damage."""
    begin_sessions(range(number))
    client: Any = get_redis_connection("chat")
    now = int(time.time() * 1000)
    for first in range(0, number, 1000):
        pipe = client.pipeline(transaction=False)
        for one in range(first, min(first + 1000, number)):
            name = name_of(one)
            pipe.rpush(f"chat_history:{name}", json.dumps({"role": "user", "timestamp": "2026-01-01T00:00:00+00:00"}))
            pipe.pexpireat(f"chat_history:{name}", 0 if one % 100 == 1 else int(now + 3_590_000))
            if one % 3 == 0:
                pipe.hset(f"session:{name}", "active_ms", now - HOURS_AGO_MS)
            if one % 50 == 1:
                pipe.rpush(f"chat_history:gone {one}", "{}")
            if one % 100 == 2:
                pipe.persist(f"session:{name}")
        pipe.execute()


def run(command: str, how: str) -> dict[str, Any]:
    """Runs a command, prints what it took, and returns what it said."""
    words = [sys.executable, "manage.py", *command.split(), *how.split(), "--json"]
    begun = time.perf_counter()
    with Asking() as asking:
        process = subprocess.Popen(words, cwd=PROJECT, env=os.environ, stdout=subprocess.PIPE)
        assert process.stdout
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said
    taken, peak = time.perf_counter() - begun, peak_of(used)
    p99 = statistics.quantiles(asking.waits, n=100)[-1]
    print(
        f"  {f'{command} {how}'.strip():46} {taken:7.1f} {peak:9.0f} {p99:10.2f} {max(asking.waits):10.1f}", flush=True
    )
    told: dict[str, Any] = json.loads(said)
    return told


def peak_of(used: resource.struct_rusage) -> float:
    """Returns the most memory that a process had, in MiB."""
    return used.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)


def found(told: dict[str, Any]) -> dict[str, int]:
    """Returns the numbers of a report that count findings."""
    if "found" in told:
        return {kind: count for kind, count in told["found"].items() if count}
    return {kind: told[kind] for kind in ("orphaned_keys", "chats", "messages") if told[kind]}


if __name__ == "__main__":
    main()
