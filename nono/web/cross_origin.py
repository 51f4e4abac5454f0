"""Refuses REST calls and websockets from pages of other sites; clients that are no browsers are allowed.

A browser sends the origin of a request: in Sec-Fetch-Site, or on plain http addresses at least in Origin. Django's
CSRF token does not apply, because the API's views are exempt from it; the admin uses it.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from nono.errors import CrossOrigin

Application = Callable[[Any, Any, Any], Awaitable[None]]

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_REFUSAL = "Another site's page sent this request. Nono answers its own page and programs that are no browser."


def check_request(request: HttpRequest) -> None:
    """Raises ``CrossOrigin`` if a page of another origin sent a request with an unsafe method."""
    if request.method in _SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site in {"same-origin", "none"} or (site is None and origin is None):
        return
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    if site is None and origin is not None and _is_same_host(origin, request.get_host()):
        return
    raise CrossOrigin(_REFUSAL)


class SameOriginSockets:
    """ASGI application that accepts a socket if its Host is allowed and its Origin, if any, is the same or trusted.

    Channels' own validator treats other ports and schemes as the same site and raises on malformed headers.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Passes the connection on, or refuses it before it is accepted."""
        if is_own_socket(scope["headers"]):
            await self.application(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 4403})


def is_own_socket(headers: list[tuple[bytes, bytes]]) -> bool:
    """Returns whether a handshake with these headers may open a socket; False if they cannot be decoded."""
    try:
        hosts = [value.decode("ascii") for name, value in headers if name == b"host"]
        origins = [value.decode("ascii") for name, value in headers if name == b"origin"]
        if len(hosts) != 1 or len(origins) > 1:
            return False
        if not validate_host(split_domain_port(hosts[0])[0], settings.ALLOWED_HOSTS):
            return False
        return not origins or origins[0] in settings.CSRF_TRUSTED_ORIGINS or _is_same_host(origins[0], hosts[0])
    except ValueError:
        return False


def _is_same_host(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.netloc.casefold() == host.casefold()
