"""Conversion of the store's figures to Prometheus metric families."""

import platform
import tomllib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

import django
from django.conf import settings
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from nono.metrics.counters import INFINITE
from nono.metrics.definitions import GAUGES, METERS, Meter
from nono.store.operations import Row

Amounts = Mapping[str, int]
Labels = tuple[str, ...]


def build() -> Metric:
    """Returns the versions of Nono, Python and Django as labels."""
    family = GaugeMetricFamily("nono_build_info", "Which Nono this is.", labels=["version", "python", "django"])
    family.add_metric([version(), platform.python_version(), django.get_version()], 1)
    return family


def store_up(*, up: bool) -> Metric:
    """Returns whether the store responded, as 1 or 0."""
    return GaugeMetricFamily("nono_store_up", "Whether the store answered this scrape.", value=int(up))


def sessions_alive(sessions: int) -> Metric:
    """Returns the number of sessions."""
    return GaugeMetricFamily("nono_sessions_alive", "Sessions that live at the moment.", value=sessions)


def of_totals(totals: Amounts) -> Iterator[Metric]:
    """Yields every counter and histogram, including those with no counts."""
    by_meter: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for field, amount in totals.items():
        name, _, rest = field.partition("|")
        by_meter[name][rest] = amount
    for name, meter in METERS.items():
        yield _histogram(meter, by_meter[name]) if meter.bounds else _counter(meter, by_meter[name])


def of_processes(processes: Mapping[str, Mapping[str, float]]) -> Iterator[Metric]:
    """Yields the number of processes and the gauges of each."""
    yield GaugeMetricFamily("nono_processes", "Web processes that are alive.", value=len(processes))
    for name, (words, labels) in GAUGES.items():
        family = _gauge_or_counter(name)(f"nono_{name}", words, labels=["process", *labels])
        for process, told in processes.items():
            for field, value in told.items():
                own, *values = field.split("|")
                if own == name and len(values) == len(labels):
                    family.add_metric([process, *values], value)
        yield family


def of_store(information: Row) -> Iterator[Metric]:
    """Yields metrics of the server's memory and persistence, as far as ``INFO`` returned them."""
    for name, (fact, words, read) in _STORE.items():
        if fact in information:
            family = _gauge_or_counter(name)(f"nono_store_{name}", words)
            family.add_metric([], read(information[fact]))
            yield family


@cache
def version() -> str:
    """Returns Nono's version."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text("utf-8"))
    return str(project["project"]["version"])


def _ok(value: str) -> float:
    return float(value == "ok")


_STORE: Final[Mapping[str, tuple[str, str, Callable[[str], float]]]] = {
    "memory_bytes": ("used_memory", "Memory that the store uses.", float),
    "memory_limit_bytes": ("maxmemory", "Memory that the store may use; 0 if there is no limit.", float),
    "clients": ("connected_clients", "Connections to the store.", float),
    "evicted_keys_total": ("evicted_keys", "Keys that the store dropped because it was full: parts of chats.", float),
    "append_only": ("aof_enabled", "Whether the store writes every change to a file.", float),
    "append_only_ok": ("aof_last_write_status", "Whether the last write to that file succeeded.", _ok),
    "snapshot_ok": ("rdb_last_bgsave_status", "Whether the last snapshot succeeded.", _ok),
    "snapshot_timestamp_seconds": ("rdb_last_save_time", "When the last snapshot was made, in unix seconds.", float),
    "unsaved_changes": ("rdb_changes_since_last_save", "Changes since the last snapshot.", float),
}
"""By metric name: the field of ``INFO``, the help text, and the conversion to a number."""


def _gauge_or_counter(name: str) -> type[GaugeMetricFamily] | type[CounterMetricFamily]:
    return CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily


def _counter(meter: Meter, amounts: Amounts) -> Metric:
    family = CounterMetricFamily(f"nono_{meter.name}", meter.help, labels=[*meter.labels])
    known = dict.fromkeys(_known(meter), 0)
    for labels, amount in {**known, **{_values(rest): amount for rest, amount in amounts.items()}}.items():
        family.add_metric(labels, amount)
    return family


def _histogram(meter: Meter, amounts: Amounts) -> Metric:
    """Builds cumulative buckets; the counts of a bound that is no longer defined go to the next bound."""
    family = HistogramMetricFamily(f"nono_{meter.name}", meter.help, labels=[*meter.labels])
    places: dict[Labels, list[int]] = {labels: [0] * (len(meter.bounds) + 1) for labels in _known(meter)}
    sums: dict[Labels, float] = {}
    for rest, amount in amounts.items():
        *labels, kind = _values(rest)
        if kind == "us":
            sums[tuple(labels)] = amount / 1_000_000
        else:
            *labels, _le = labels
            one = places.setdefault(tuple(labels), [0] * (len(meter.bounds) + 1))
            one[_place(meter, kind)] += amount
    for values, counts in places.items():
        so_far = [sum(counts[: place + 1]) for place in range(len(counts))]
        bounds = [*map(str, meter.bounds), "+Inf"]
        family.add_metric(values, list(zip(bounds, so_far, strict=True)), sums.get(values, 0))
    return family


def _place(meter: Meter, bound: str) -> int:
    return len(meter.bounds) if bound == INFINITE else bisect_left(meter.bounds, float(bound))


def _values(rest: str) -> Labels:
    return tuple(rest.split("|")) if rest else ()


def _known(meter: Meter) -> Iterator[Labels]:
    """Yields the label values that are exported as 0 before they occur; ``()`` for a metric without labels."""
    match [*meter.labels.values()]:
        case []:
            yield ()
        case [values]:
            yield from ((value,) for value in values)
