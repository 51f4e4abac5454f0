"""Probe of a model endpoint: requests its list of models, without requesting a reply."""

import asyncio
import json
import re
import time
from dataclasses import dataclass, replace
from typing import Any, Final

import aiohttp

from chat_app.responders.client import body_of, model_client
from chat_app.responders.errors import EndpointError
from chat_app.responders.listing import Listing, listing_of
from chat_app.responders.refusal import json_of, read_refusal
from chat_app.responders.targets import Target
from chat_app.responders.troubles import Trouble

PROBE_S: Final = 2.0
"""Seconds for the whole probe."""

CONNECT_S: Final = 1.8
"""Seconds of ``PROBE_S`` for connecting."""

KEYLESS_S: Final = 0.5
"""Seconds for the request without a key."""

MAX_LIST: Final = 4 * 1024 * 1024
"""Maximum bytes of a list of models that are read; OpenRouter's has half a million."""

ERRORS: Final = (EndpointError, aiohttp.ClientError, OSError, ValueError, TypeError, LookupError)
"""Exceptions that a request can raise with any settings."""

_VERSIONED: Final = re.compile(r"/v\d+(?:beta\d*)?(?:[/?]|$)")
_NOT_THE_KEY: Final = re.compile(r"permission|scope|x-api-key header|anthropic-version", re.IGNORECASE)
"""Text in a 401 for a key that is valid for replies but not for the list, or is expected in another header."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Result of a probe, ``at`` in seconds since 1970; None in a field means unknown."""

    at: float
    trouble: Trouble = ""
    reachable: bool | None = True
    key_accepted: bool | None = None
    model_listed: bool | None = None
    may_be_taken: bool = False


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    told: Any = None
    is_page: bool = False
    listing: Listing | None = None

    @property
    def refuses_key(self) -> bool:
        """Returns whether the key is refused: LiteLLM without a database responds with 400."""
        if self.status not in {400, 401}:
            return False
        return read_refusal(self.status, self.told, ()).reason == "key" and not _NOT_THE_KEY.search(
            json.dumps(self.told)
        )


async def probe(target: Target) -> Probe:
    """Probes an endpoint for at most ``PROBE_S`` s."""
    at = time.time()
    try:
        async with asyncio.timeout(PROBE_S):
            return replace(await _look(target), at=at)
    except ERRORS as error:
        trouble = _trouble_of(error)
        reachable = None if trouble in {"key_characters", "address"} else trouble == "other"
        return Probe(at, trouble, reachable, key_accepted=False if trouble == "key_characters" else None)


async def _look(target: Target) -> Probe:
    answer = await _ask(target, "/models")
    if answer.listing is None and answer.status != 401 and not _VERSIONED.search(target.base_url):
        below = await _ask(target, "/v1/models")
        if below.listing is not None or below.status == 401:
            return Probe(0, "no_v1")
    if answer.refuses_key:
        return Probe(0, "key", key_accepted=False)
    if trouble := _trouble_with(answer):
        return Probe(0, trouble)
    if answer.listing is None:
        return Probe(0)
    listed = answer.listing.has(target.model)
    accepted = True if target.api_key and await _is_guarded(target) else None
    return Probe(0, key_accepted=accepted, model_listed=bool(listed), may_be_taken=listed is None)


def _trouble_with(answer: _Answer) -> Trouble:
    """Returns the trouble of an HTTP status; after 403, 404, 405 and 429 replies may still work."""
    match answer.status:
        case 402:
            return "quota"
        case 407:
            return "proxy"
        case 503:
            return "loading"
        case status if 300 <= status < 400:
            return "redirect"
        case status if status >= 500:
            return "busy"
    return "other" if answer.is_page and answer.status < 300 else ""


async def _ask(target: Target, path: str) -> _Answer:
    async with await model_client().get(target, path, connect_s=CONNECT_S) as response:
        body = await body_of(response, MAX_LIST)
        told = json_of(body)
        is_page = body.lstrip()[:1] == b"<"
        listing = listing_of(told) if 200 <= response.status < 300 else None
        return _Answer(response.status, told, is_page, listing)


_guarded: dict[Target, bool] = {}


async def _is_guarded(target: Target) -> bool:
    """Returns whether the list is refused without a key (one request); otherwise it proves nothing about the key."""
    if target not in _guarded:
        try:
            async with asyncio.timeout(KEYLESS_S):
                answer = await _ask(replace(target, api_key=None), "/models")
        except ERRORS:
            return False
        _guarded[target] = answer.listing is None and answer.status in {400, 401, 403, 500}
    return _guarded[target]


def _trouble_of(error: Exception) -> Trouble:
    match error:
        case EndpointError():
            return "key_characters"
        case aiohttp.ClientConnectorCertificateError():
            return "untrusted"
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            return "proxy"
        case aiohttp.ClientResponseError():  # not a valid HTTP response
            return "other"
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return "unreachable"
        case TimeoutError():
            return "timeout"
        case ValueError() | TypeError() | LookupError():
            return "address"
        case _:
            return "unreachable"
