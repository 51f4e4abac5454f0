"""Recognises the visitor of a request or a socket, by cookie, and staff by their login."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.http.cookie import parse_cookie
from django.utils.decorators import sync_and_async_middleware

from sessions_app.access import COOKIE, Visitor

YEAR = 365 * 24 * 3600


@sync_and_async_middleware
def visitor_cookie(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware that puts ``request.visitor`` in place and gives a new visitor the cookie."""
    if iscoroutinefunction(get_response):
        answer: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def recognise(request: HttpRequest) -> HttpResponseBase:
            visitor = _recognise(request, staff=_is_staff(await request.auser()))
            return _with_cookie(await answer(request), visitor)

        return recognise

    def recognise_now(request: HttpRequest) -> HttpResponseBase:
        visitor = _recognise(request, staff=_is_staff(request.user))
        return _with_cookie(get_response(request), visitor)

    return recognise_now


def visitor_of(request: HttpRequest) -> Visitor:
    """Returns the visitor that the middleware recognised."""
    visitor: Visitor = request.visitor  # type: ignore[attr-defined]
    return visitor


def visitor_of_socket(scope: dict[str, Any]) -> Visitor:
    """Returns the visitor of a websocket; a socket cannot set a cookie, so an unknown one owns nothing."""
    header = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
    cookies = parse_cookie(header.decode("latin-1"))
    return Visitor.from_cookie(cookies.get(COOKIE), staff=_is_staff(scope.get("user")))


def _recognise(request: HttpRequest, *, staff: bool) -> Visitor:
    visitor = Visitor.from_cookie(request.COOKIES.get(COOKIE), staff=staff)
    request.visitor = visitor  # type: ignore[attr-defined]
    return visitor


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
