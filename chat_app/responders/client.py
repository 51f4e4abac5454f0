"""The connections to model endpoints, one set per event loop.

Redirects are never followed: the key and the chat are sent only to the configured address. A proxy is used only if
LLM_PROXY names one; none is taken from the environment.
"""

import asyncio
import ssl
from typing import Any, Final
from weakref import WeakKeyDictionary

import aiohttp
from django.conf import settings

from chat_app.responders.targets import Target

CONNECT_S: Final = 5.0
"""Seconds to reach an endpoint."""


class ModelClient:
    """The connections of one event loop."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def post(self, target: Target, body: dict[str, Any]) -> aiohttp.ClientResponse:
        """Requests a chat completion and returns the response, which the caller closes; sets no total timeout.

        Raises aiohttp's errors, ``ValueError`` for an invalid address, and ``EndpointError`` for a malformed key.
        """
        address, headers = target.url("/chat/completions"), target.headers()
        return await self._opened().post(address, json=body, headers=headers, **_options())

    async def get(self, target: Target, path: str, *, connect_s: float = CONNECT_S) -> aiohttp.ClientResponse:
        """Requests ``path`` below the base URL, with ``connect_s`` s to connect; otherwise like ``post``."""
        patience = aiohttp.ClientTimeout(total=None, sock_connect=connect_s)
        return await self._opened().get(target.url(path), headers=target.headers(), timeout=patience, **_options())

    async def aclose(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=_trusted()),  # the number of replies is limited elsewhere
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                trust_env=False,
            )
        return self._session


def _options() -> dict[str, Any]:
    return {"allow_redirects": False, "proxy": settings.LLM_PROXY}


def _trusted() -> ssl.SSLContext | bool:
    """Returns the TLS context with the CA certificates of LLM_CA_FILE, or the system's."""
    return ssl.create_default_context(cafile=settings.LLM_CA_FILE) if settings.LLM_CA_FILE else True


async def body_of(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Returns the body, truncated to ``most`` bytes."""
    body = b""
    while len(body) < most and (received := await response.content.readany()):
        body += received
    return body[:most]


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, ModelClient] = WeakKeyDictionary()


def model_client() -> ModelClient:
    """Returns this event loop's client."""
    return _clients.setdefault(asyncio.get_running_loop(), ModelClient())


async def aclose() -> None:
    """Closes this event loop's connections; to be called before the loop ends."""
    opened = _clients.pop(asyncio.get_running_loop(), None)
    if opened is not None:
        await opened.aclose()
