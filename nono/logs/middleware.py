"""Middleware that gives every request an id and, when its answer begins, one event in the log."""

import logging
import time
from typing import Final

from django.http import HttpRequest

from nono import logs
from nono.web.middleware import Steps, around_requests

logger = logging.getLogger(__name__)

HEADER: Final = "X-Request-ID"

ROUTINE: Final = ("/static/", "/health", "/ready", "/metrics")
"""Where only what goes wrong is an event: files, and those who ask every few seconds."""


@around_requests
def request_log(request: HttpRequest) -> Steps:
    """Binds the id to all events of the request, and answers it where there is one."""
    began, id = time.perf_counter(), _named(request)
    response = yield
    if response.status_code < 400 and request.path_info.startswith(ROUTINE):
        return  # and needs no id, which seventy files of a page would each bring along
    response[HEADER] = id
    facts = {"method": request.method, "route": "none", "status": response.status_code}
    if request.resolver_match is not None:  # the address itself may name somebody
        facts["route"] = f"/{request.resolver_match.route}"
        if user_id := request.resolver_match.kwargs.get("user_id"):
            facts["session"] = logs.mark_of(str(user_id))
    logger.info("request", extra={**facts, "ms": round((time.perf_counter() - began) * 1000, 1)})


def _named(request: HttpRequest) -> str:
    """Returns the id that a proxy or client gave the request, where it is harmless, or makes one."""
    id = logs.harmless_id(request.headers.get(HEADER))
    logs.belongs_to(request_id=id)
    return id
