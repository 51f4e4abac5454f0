"""``/metrics`` for Prometheus: counts of all processes, gauges of each process, and the state of the store.

Counts come from the store only (nono/metrics/flusher.py sends them there), so they are the same from every process and
never decrease. While the store is unreachable they are omitted, and ``nono_store_up`` is 0.
"""

import asyncio
import ipaddress
import secrets
from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from nono import store
from nono.errors import StoreUnavailable
from nono.metrics import flusher, prometheus
from nono.store import operations
from nono.store.health import REFUSALS
from nono.store.operations import Row

PATIENCE: Final = 1.5
"""Timeout of the store in seconds: a scrape should end well before Prometheus' own timeout."""

FORWARDED: Final = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
"""A proxy adds at least one of them: a request from a loopback address without any of them was made on this machine."""


@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    """Responds in Prometheus' text format, or OpenMetrics if requested. Access rules: docs/metrics.md."""
    if not settings.NONO_METRICS:
        return _in_words(404, "NONO_METRICS is off.")
    if not await may_read(request):
        return _refusal()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Gathered(await gathered()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type, headers={"Cache-Control": "no-store"})


async def may_read(request: HttpRequest) -> bool:
    """Returns whether the request has the token or is from staff or, if no token is set, from this machine."""
    if settings.NONO_METRICS_TOKEN is None and _is_of_this_machine(request):
        return True
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.NONO_METRICS_TOKEN and scheme.lower() == "bearer":
        return secrets.compare_digest(token.strip().encode(), settings.NONO_METRICS_TOKEN.encode())
    user = await request.auser()
    return bool(user.is_active and user.is_staff)


async def gathered() -> list[Metric]:
    """Returns all metrics; returns within ``PATIENCE`` even if the store does not respond."""
    this = [prometheus.build()]
    try:
        async with asyncio.timeout(PATIENCE):
            figures, information = await asyncio.gather(store.arun(operations.figures()), _information())
    except (StoreUnavailable, TimeoutError):
        own = {flusher.NAME: flusher.told()}
        return [*this, prometheus.store_up(up=False), *prometheus.of_processes(own)]
    return [
        *this,
        prometheus.store_up(up=True),
        *prometheus.of_store(information),
        *prometheus.of_processes(figures.processes),
        prometheus.sessions_alive(figures.sessions),
        *prometheus.of_totals(figures.totals),
    ]


async def _information() -> Row:
    try:
        return await store.arun(operations.information())
    except REFUSALS:  # hosted servers may forbid INFO
        return {}


def _is_of_this_machine(request: HttpRequest) -> bool:
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback and not any(name in request.headers for name in FORWARDED)


def _refusal() -> HttpResponse:
    if settings.NONO_METRICS_TOKEN:
        answer = _in_words(401, "Send NONO_METRICS_TOKEN as a bearer token, or sign in as staff.")
        answer["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return answer
    return _in_words(403, "Only this machine, and signed-in staff, may read this. Others need NONO_METRICS_TOKEN.")


def _in_words(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(
        f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


class _Gathered(Collector):
    """Adapter that passes metrics to a ``CollectorRegistry``."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
