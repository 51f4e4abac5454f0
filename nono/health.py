"""Whether this installation works, for people and load balancers."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, JsonResponse

from nono import operations, store
from nono.errors import StoreUnavailable


async def health(_request: HttpRequest) -> HttpResponse:
    """Answers within 3 s: 200 ``healthy``, or 503 ``unhealthy`` where the store is away."""
    redis = await _store_answers()
    state = "healthy" if redis else "unhealthy"
    body = {"status": state, "redis": redis, "llm": None, "timestamp": datetime.now(UTC).isoformat()}
    return JsonResponse(body, status=200 if redis else 503, headers={"Cache-Control": "no-store"})


async def ready(_request: HttpRequest) -> HttpResponse:
    """Answers 200 while requests should be sent here, else 503."""
    return HttpResponse(status=200 if await _store_answers() else 503, headers={"Cache-Control": "no-store"})


async def _store_answers() -> bool:
    try:
        return await store.arun(operations.ping())
    except StoreUnavailable:
        return False
