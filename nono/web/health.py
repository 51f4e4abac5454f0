"""Health and readiness endpoints, for people and load balancers."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, Protocol

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from nono import store
from nono.errors import StoreUnavailable
from nono.store import health as store_health
from nono.store import operations
from nono.store.health import Finding

logger = logging.getLogger(__name__)

CHECKED_FOR: Final = 10.0
"""Seconds for which the findings about a reachable store are cached."""


class KnownErrors:
    """Cache of the store's current errors; refreshes them when they expire and logs new ones."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._old_at = 0.0

    async def now(self) -> list[Finding]:
        """Returns the errors that prevent or endanger writes; raises ``StoreUnavailable``."""
        if time.monotonic() >= self._old_at:
            found = await store_health.aerrors()
            for finding in found:
                if finding not in self._found:
                    logger.error("%s %s", finding.what, finding.advice)
            self._found, self._old_at = found, time.monotonic() + CHECKED_FOR
        return self._found


known = KnownErrors()


View = Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]


class Judged(Protocol):
    """Health of one model."""

    @property
    def works(self) -> bool | None:
        """Whether the model can reply; None if unknown."""

    def to_dict(self) -> dict[str, Any]:
        """Returns the public part, for the JSON response."""


def health_with(judgements: Callable[[], Awaitable[Sequence[Judged]]]) -> View:
    """Returns the view; ``judgements`` returns the health of each configured model (possibly none) within 2 s."""

    @csrf_exempt  # so that a wrong method gets 405, not a CSRF error
    @require_safe
    async def health(_request: HttpRequest) -> HttpResponse:
        """Responds within 3 s: 200 ``healthy`` or ``degraded``, or 503 ``unhealthy`` if the store is unreachable.

        Degraded means that a model does not work, or that the store is reachable but refuses writes or scripts or may
        evict keys when its memory is full. Both are checked at most every 10 s; ``manage.py nono_doctor`` has details.
        """
        state, judged = await asyncio.gather(_state(), judgements())
        away = state == "unhealthy"
        llm = all(one.works is not False for one in judged) if judged else None
        body = {
            "status": "degraded" if llm is False and not away else state,
            "redis": not away,
            "llm": llm,
            "model": [one.to_dict() for one in judged],
            "timestamp": datetime.now(UTC).isoformat(),
        }
        return JsonResponse(body, status=503 if away else 200, headers={"Cache-Control": "no-store"})

    return health


@csrf_exempt
@require_safe
async def ready(_request: HttpRequest) -> HttpResponse:
    """Responds 200 if the store is reachable, else 503."""
    return HttpResponse(status=200 if await _store_answers() else 503, headers={"Cache-Control": "no-store"})


async def _state() -> Literal["healthy", "degraded", "unhealthy"]:
    try:
        async with asyncio.timeout(store.DEADLINE):
            if not await store.arun(operations.ping()):
                return "unhealthy"
            return "degraded" if await known.now() else "healthy"
    except (StoreUnavailable, TimeoutError):
        return "unhealthy"


async def _store_answers() -> bool:
    try:
        return await store.arun(operations.ping())
    except StoreUnavailable:
        return False
