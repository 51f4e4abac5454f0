"""Quantiles of what was measured, as far as the bounds of its buckets tell."""

from collections.abc import Mapping, Sequence

from nono.metrics.counters import INFINITE
from nono.metrics.definitions import METERS, Name


def quantile(name: Name, share: float, spans: Sequence[Mapping[str, int]]) -> float | None:
    """Returns about how many seconds ``share`` of all measurements took at most, None where nothing was measured.

    Within a bucket they are taken to be spread evenly, as Prometheus does; beyond the last bound it is that bound.
    """
    bounds = (0.0, *METERS[name].bounds)
    counts = [sum(span.get(f"{name}|le|{bound}", 0) for span in spans) for bound in (*bounds[1:], INFINITE)]
    sought = share * sum(counts)
    if not sought:
        return None
    for place, count in enumerate(counts[:-1]):
        if count and sought <= count:
            return bounds[place] + (bounds[place + 1] - bounds[place]) * sought / count
        sought -= count
    return bounds[-1]
