"""Metrics of all processes: operations that add batches and that read totals, gauges and charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nono.store import Argument, Operation, script
from nono.store.decode import row_of
from nono.store.keys import (
    COUNTERS,
    COUNTERS_MS,
    COUNTERS_PROCESSES,
    MINUTE_MS,
    PROCESSES_MS,
    QUARTER_MS,
    SESSION_INDEX,
    SESSION_RECENCY,
    minute_key,
    quarter_key,
)

Amounts = Mapping[str, int]

ALIVE_MS: Final = 30_000
"""Milliseconds after its last batch for which a process counts as alive."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Counts of one process since its previous batch; ``number`` increases, so that each batch is added once.

    ``charted`` holds the counts that the dashboard shows, by minute (unix time); the current minute must be in it.
    ``told`` holds the process's gauges. ``leaving`` is True if the process ends: its gauges are ignored from then on.
    """

    process: str
    number: int
    totals: Amounts
    charted: Mapping[int, Amounts]
    told: Mapping[str, float]
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """All totals by field, the gauges of each live process, and the number of sessions."""

    totals: Amounts
    processes: Mapping[str, Mapping[str, float]]
    sessions: int


def count(batch: Batch) -> Operation[bool]:
    """Adds a batch to the totals and charts; returns False if it was added before."""
    minutes = sorted(batch.charted)
    spans = [key for minute in minutes for key in (minute_key(minute), quarter_key(minute // 15))]
    clocks = (COUNTERS_MS, PROCESSES_MS, MINUTE_MS, QUARTER_MS)
    told: dict[str, Argument] = {name: str(round(value, 3)) for name, value in batch.told.items()}
    lists = (batch.totals, told, *(batch.charted[minute] for minute in minutes))
    return script(
        "metrics_count",
        (COUNTERS, COUNTERS_PROCESSES, SESSION_INDEX, SESSION_RECENCY, *spans),
        (batch.process, batch.number, *clocks, int(batch.leaving), *(word for one in lists for word in _flat(one))),
        bool,
    )


def figures() -> Operation[Figures]:
    """Reads all totals, the gauges of the live processes and the number of sessions."""
    return script("metrics_figures", (COUNTERS, COUNTERS_PROCESSES, SESSION_INDEX), (), _figures)


def charts(minutes: Sequence[int], quarters: Sequence[int]) -> Operation[tuple[list[Amounts], list[Amounts]]]:
    """Reads the counts of each of these minutes and quarters of an hour (unix time, in these units)."""
    keys = [*map(minute_key, minutes), *map(quarter_key, quarters)]

    def both(answer: list[Any]) -> tuple[list[Amounts], list[Amounts]]:
        spans = [_amounts(one) for one in answer]
        return spans[: len(minutes)], spans[len(minutes) :]

    return script("metrics_charts", keys, (), both)


def _flat(amounts: Mapping[str, Argument]) -> list[Argument]:
    return [len(amounts) * 2, *(word for pair in amounts.items() for word in pair)]


def _figures(answer: list[Any]) -> Figures:
    now, totals, told, sessions = answer
    processes: dict[str, dict[str, float]] = {}
    for field, value in row_of(told).items():
        process, _, name = field.partition("|")
        processes.setdefault(process, {})[name] = float(value)
    alive = [(one["seen"], name, one) for name, one in processes.items() if one.get("seen", 0) > now - ALIVE_MS]
    # The latest batch wins: if a process id is reused, the older process is dead.
    latest = {name.rpartition(":")[0]: one for _, name, one in sorted(alive, key=lambda each: each[0])}
    return Figures(_amounts(totals), latest, sessions)


def _amounts(answer: Any) -> Amounts:
    return {field: int(amount) for field, amount in row_of(answer).items()}
