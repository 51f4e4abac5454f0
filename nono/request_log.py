"""Middleware that gives every request an id and, when its answer begins, one event in the log."""

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from nono import logs

logger = logging.getLogger(__name__)

HEADER: Final = "X-Request-ID"

ROUTINE: Final = ("/static/", "/health", "/ready", "/metrics")
"""Where only what goes wrong is an event: files, and those who ask every few seconds."""


@sync_and_async_middleware
def request_log(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Binds the id to all events of the request, and answers it."""
    if iscoroutinefunction(get_response):

        async def logged(request: HttpRequest) -> HttpResponseBase:
            began, id = time.perf_counter(), _named(request)
            return _logged(request, await get_response(request), began, id)

        return logged

    def logged_now(request: HttpRequest) -> HttpResponseBase:
        began, id = time.perf_counter(), _named(request)
        return _logged(request, get_response(request), began, id)

    return logged_now


def _named(request: HttpRequest) -> str:
    """Returns the id that a proxy or client gave the request, where it is harmless, or makes one."""
    id = logs.harmless_id(request.headers.get(HEADER))
    logs.belongs_to(request_id=id)
    return id


def _logged(request: HttpRequest, response: HttpResponseBase, began: float, id: str) -> HttpResponseBase:
    response[HEADER] = id
    if response.status_code < 400 and request.path_info.startswith(ROUTINE):
        return response
    facts = {"method": request.method, "route": "none", "status": response.status_code}
    if request.resolver_match is not None:  # the address itself may name somebody
        facts["route"] = f"/{request.resolver_match.route}"
        if user_id := request.resolver_match.kwargs.get("user_id"):
            facts["session"] = logs.mark_of(str(user_id))
    logger.info("request", extra={**facts, "ms": round((time.perf_counter() - began) * 1000, 1)})
    return response
