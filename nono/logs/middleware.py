"""Middleware that gives every request an id and logs one event when its response starts."""

import logging
import time
from typing import Final

from django.http import HttpRequest

from nono import logs
from nono.web.middleware import Steps, around_requests

logger = logging.getLogger(__name__)

HEADER: Final = "X-Request-ID"

ROUTINE: Final = ("/static/", "/health", "/ready", "/metrics")
"""Path prefixes of which only errors are logged: static files, and endpoints that are polled."""


@around_requests
def request_log(request: HttpRequest) -> Steps:
    """Binds the id to all events of the request, and sends it in X-Request-ID if the request is logged."""
    began, id = time.perf_counter(), _named(request)
    response = yield
    if response.status_code < 400 and request.path_info.startswith(ROUTINE):
        return  # not logged, so the header is left out
    response[HEADER] = id
    facts = {"method": request.method, "route": "none", "status": response.status_code}
    if request.resolver_match is not None:  # the path itself may contain a name
        facts["route"] = f"/{request.resolver_match.route}"
        if user_id := request.resolver_match.kwargs.get("user_id"):
            facts["session"] = logs.mark_of(str(user_id))
    logger.info("request", extra={**facts, "ms": round((time.perf_counter() - began) * 1000, 1)})


def _named(request: HttpRequest) -> str:
    """Returns the request's X-Request-ID if it is harmless, else a new id; binds it to the log context."""
    id = logs.harmless_id(request.headers.get(HEADER))
    logs.belongs_to(request_id=id)
    return id
