"""Middleware that counts and times every HTTP request by where it went; no address or name is kept."""

import time
from collections.abc import Callable
from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from nono import counters

PLACES: Final = {
    "api": "api",
    "admin": "admin",
    "static": "static",
    "health": "health",
    "ready": "health",
    "metrics": "health",
}
"""By the first part of the path; what else there is at some address is a page."""


@sync_and_async_middleware
def request_counts(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Counts a request when its answer begins."""
    if iscoroutinefunction(get_response):

        async def counted(request: HttpRequest) -> HttpResponseBase:
            began = time.perf_counter()
            return _counted(request, await get_response(request), began)

        return counted

    def counted_now(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        return _counted(request, get_response(request), began)

    return counted_now


def _counted(request: HttpRequest, response: HttpResponseBase, began: float) -> HttpResponseBase:
    place = _place_of(request)
    counters.count("requests", place=place, status=response.status_code)
    counters.observe("request_seconds", time.perf_counter() - began, place=place)
    return response


def _place_of(request: HttpRequest) -> str:
    first = request.path_info.lstrip("/").partition("/")[0]
    return PLACES.get(first) or ("page" if request.resolver_match else "other")
