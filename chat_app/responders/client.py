"""The model endpoint of this installation (LLM_BASE_URL): how it is reached, and whether it answers.

One set of connections per event loop. Redirects are never followed: the key and the chat go to the address
that the operator named and to no other. No proxy is taken from the environment either.
"""

import asyncio
import time
from typing import Any, Final
from weakref import WeakKeyDictionary

import aiohttp
from django.conf import settings

CONNECT: Final = 5.0
"""Seconds to reach the endpoint."""

IDLE: Final = 0.5
"""The part of LLM_TIMEOUT for which the endpoint may say nothing at all, at the beginning or between two tokens."""

PROBE: Final = 2.0
"""Seconds in which the endpoint has to answer when it is asked whether it is there."""

KNOWN_FOR: Final = 10.0
"""Seconds for which the answer to that is believed."""


class Endpoint:
    """The connections of one event loop, and what it last knew."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._probing = asyncio.Lock()
        self._answered = False
        self._asked_at = -KNOWN_FOR

    def post(self, path: str, body: dict[str, Any], seconds: float) -> Any:  # aiohttp keeps the type to itself
        """Returns the request, to be entered with ``async with``; it has ``seconds`` to be answered to the end."""
        limits = aiohttp.ClientTimeout(
            total=seconds, sock_connect=min(CONNECT, seconds), sock_read=settings.LLM_TIMEOUT * IDLE
        )
        return self._open_session().post(
            f"{settings.LLM_BASE_URL}{path}", json=body, headers=_headers(), timeout=limits, allow_redirects=False
        )

    async def answers(self) -> bool:
        """Tells whether the endpoint answers and accepts the key; within ``PROBE`` s, asked anew every 10 s."""
        async with self._probing:
            if time.monotonic() - self._asked_at >= KNOWN_FOR:
                self._answered = await self._probe()
                self._asked_at = time.monotonic()
            return self._answered

    async def aclose(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    async def _probe(self) -> bool:
        try:
            async with self._open_session().get(
                f"{settings.LLM_BASE_URL}/models",
                headers=_headers(),
                timeout=aiohttp.ClientTimeout(total=PROBE),
                allow_redirects=False,
            ) as response:
                # Some have no list of models (404); a redirect or a refused key would fail every reply.
                return bool(response.ok and response.status < 300) or response.status in {404, 405}
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),  # how many replies run at once is not decided here
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session


def _headers() -> dict[str, str]:
    headers = {"Accept-Encoding": "identity"}  # a compressed stream comes late, and unpacks to no bound
    if settings.LLM_API_KEY:
        headers["Authorization"] = f"Bearer {settings.LLM_API_KEY.strip()}"
    return headers


_endpoints: WeakKeyDictionary[asyncio.AbstractEventLoop, Endpoint] = WeakKeyDictionary()


def endpoint() -> Endpoint:
    """Returns this event loop's endpoint."""
    return _endpoints.setdefault(asyncio.get_running_loop(), Endpoint())


async def aclose() -> None:
    """Closes this event loop's connections; whoever ends a loop calls it."""
    opened = _endpoints.pop(asyncio.get_running_loop(), None)
    if opened is not None:
        await opened.aclose()
