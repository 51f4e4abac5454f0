"""Middleware that counts and times HTTP requests by place; it stores no addresses or names."""

import time
from typing import Final

from django.http import HttpRequest

from nono.metrics import counters
from nono.web.middleware import Steps, around_requests

PLACES: Final = {
    "api": "api",
    "admin": "admin",
    "static": "static",
    "health": "health",
    "ready": "health",
    "metrics": "health",
}
"""Label by first path segment; every other path with a view is a page."""


@around_requests
def request_counts(request: HttpRequest) -> Steps:
    """Counts a request when its response starts."""
    began = time.perf_counter()
    response = yield
    place = _place_of(request)
    counters.count("requests", place=place, status=response.status_code)
    counters.observe("request_seconds", time.perf_counter() - began, place=place)


def _place_of(request: HttpRequest) -> str:
    first = request.path_info.lstrip("/").partition("/")[0]
    return PLACES.get(first) or ("page" if request.resolver_match else "other")
