"""Quantiles of histograms, estimated from their buckets."""

from collections.abc import Mapping, Sequence

from nono.metrics.counters import INFINITE
from nono.metrics.definitions import METERS, Name


def quantile(name: Name, share: float, spans: Sequence[Mapping[str, int]]) -> float | None:
    """Returns the estimated quantile ``share`` (0 to 1) in seconds, or None without measurements.

    Interpolates linearly within a bucket, like Prometheus; returns the last bound for values over it.
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
