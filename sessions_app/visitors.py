"""Identifies the visitor of a request or a socket by cookie, and staff by their login."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Any

from asgiref.sync import iscoroutinefunction
from channels.auth import get_user
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase
from django.http.cookie import parse_cookie
from django.utils.decorators import sync_and_async_middleware

from sessions_app.access import COOKIE, Visitor

logger = logging.getLogger(__name__)

YEAR = 365 * 24 * 3600

OPERATORS = tuple(f"sessions_app.{name}" for name in ("view_chatsession", "read_transcript", "delete_chatsession"))
"""Permissions that a staff user needs to see every chat as its visitor does: all that the admin requires, so that the
visitors' page shows nothing that the admin would refuse.
"""


@sync_and_async_middleware
def visitor_cookie(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware that sets ``request.visitor`` and gives a new visitor the cookie."""
    if iscoroutinefunction(get_response):
        answer: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def recognise(request: HttpRequest) -> HttpResponseBase:
            visitor = _recognise(request, operator=await _asking_operator(request))
            return _with_cookie(await answer(request), visitor)

        return recognise

    def recognise_now(request: HttpRequest) -> HttpResponseBase:
        visitor = _recognise(request, operator=_asking_operator_now(request))
        return _with_cookie(get_response(request), visitor)

    return recognise_now


def visitor_of(request: HttpRequest) -> Visitor:
    """Returns the visitor that the middleware identified."""
    visitor: Visitor = request.visitor  # type: ignore[attr-defined]
    return visitor


async def visitor_of_socket(scope: dict[str, Any]) -> Visitor:
    """Returns the visitor of a websocket; a socket cannot set a cookie, so an unknown visitor owns no sessions."""
    header = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
    cookies = parse_cookie(header.decode("latin-1"))
    return Visitor.from_cookie(cookies.get(COOKIE), operator=await operator_of_socket(scope))


async def operator_of_socket(scope: dict[str, Any], permissions: Sequence[str] = OPERATORS) -> str:
    """Returns the primary key of the staff user who is signed in now and has the permissions, else ``""``."""
    if not (key := scope["session"].session_key):
        return ""
    try:
        user = await get_user({"session": import_module(settings.SESSION_ENGINE).SessionStore(key)})
        return str(user.pk) if _is_staff(user) and await user.ahas_perms(permissions) else ""
    except DatabaseError:
        return _nobody_is_staff()


def _recognise(request: HttpRequest, *, operator: str) -> Visitor:
    visitor = Visitor.from_cookie(request.COOKIES.get(COOKIE), operator=operator)
    request.visitor = visitor  # type: ignore[attr-defined]
    return visitor


async def _asking_operator(request: HttpRequest) -> str:
    try:
        user = await request.auser()
        return str(user.pk) if _is_staff(user) and await user.ahas_perms(OPERATORS) else ""
    except DatabaseError:
        return _nobody_is_staff()


def _asking_operator_now(request: HttpRequest) -> str:
    try:
        return str(request.user.pk) if _is_staff(request.user) and request.user.has_perms(OPERATORS) else ""
    except DatabaseError:
        return _nobody_is_staff()


def _nobody_is_staff() -> str:
    """Logs that the operators' database is unavailable; returns ``""``, so that pages still work for visitors."""
    logger.warning("The operators' database does not answer: nobody counts as staff.")
    return ""


def _is_staff(user: Any) -> bool:
    return bool(user is not None and user.is_active and user.is_staff)


def _with_cookie(response: HttpResponseBase, visitor: Visitor) -> HttpResponseBase:
    if visitor.new_cookie:
        response.set_cookie(
            *(COOKIE, visitor.new_cookie),
            max_age=YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response
