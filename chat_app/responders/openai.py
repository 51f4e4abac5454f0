"""The voice of a model, behind any endpoint that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from django.conf import settings

from chat_app.budget import budget, raw_weight
from chat_app.responders import errors
from chat_app.responders.client import endpoint
from chat_app.responders.completion import Completion
from chat_app.responders.errors import EndpointError
from chat_app.responders.request import request_of
from nono.errors import ReplyFailed, ReplyInterrupted

if TYPE_CHECKING:
    from chat_app.context import ContextWindow

PAUSES: Final = (0.5, 1.0)
"""Seconds before the second and the third try, where the endpoint names none itself."""

LONGEST_PAUSE: Final = 20.0
"""Seconds for which an endpoint that asks for patience (Retry-After) is given it."""


class ModelResponder:
    """Streams the reply of the model LLM_MODEL at LLM_BASE_URL."""

    async def stream(self, window: "ContextWindow") -> AsyncIterator[str]:
        """Yields the reply as it comes, within LLM_TIMEOUT s; tries again only before the first token.

        Raises ``ReplyFailed`` where nothing came or where the endpoint says that it failed, and
        ``ReplyInterrupted`` where the reply broke off.
        """
        question = request_of(window)
        deadline = time.monotonic() + settings.LLM_TIMEOUT
        pauses = iter(PAUSES)
        said = False
        while True:
            try:
                async for text in _answer(question, max(deadline - time.monotonic(), 0.01)):
                    said = True
                    yield text
            except EndpointError as met:
                if said and not met.reported:
                    raise ReplyInterrupted(met.sentence) from None
                pause = _pause(met, next(pauses, None))
                if said or pause is None or time.monotonic() + pause >= deadline:
                    raise ReplyFailed(met.sentence) from None
            else:
                return
            await asyncio.sleep(pause)


async def _answer(question: dict[str, Any], seconds: float) -> AsyncIterator[str]:
    """Yields the text of one answer to its end; raises ``EndpointError``, which quotes nothing of the endpoint's."""
    answer = Completion()
    try:
        async with endpoint().post("/chat/completions", question, seconds) as response:
            _check(response)
            at_end = False
            while not at_end:
                async with asyncio.timeout(answer.patience):
                    received = await response.content.readany()
                at_end = not received
                if text := answer.take(received):
                    yield text
                if answer.error is not None:
                    raise answer.error
    except (aiohttp.ClientError, TimeoutError) as error:
        if not answer.is_whole:
            raise _error_of(error) from None
    if not answer.is_whole:
        raise EndpointError("The model endpoint broke off its answer.", again=True)
    if not answer.length:
        raise EndpointError("The model said nothing.")
    budget.learn(sum(raw_weight(one["content"]) for one in question["messages"]), answer.prompt_tokens)


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status != 200:
        raise errors.of_status(response.status, _patience_asked_for(response))
    if response.content_type != "text/event-stream":
        raise EndpointError("The model endpoint did not answer with a stream of events: check LLM_BASE_URL.")


def _error_of(error: aiohttp.ClientError | TimeoutError) -> EndpointError:
    if isinstance(error, aiohttp.ConnectionTimeoutError) or not isinstance(error, TimeoutError):
        return EndpointError("The model endpoint cannot be reached, or the connection to it was lost.", again=True)
    return EndpointError("The model endpoint did not answer in time.")


def _pause(met: EndpointError, usual: float | None) -> float | None:
    """Returns the seconds until the next try, None for none; spread by a quarter, so that not all come at once."""
    if usual is None or not met.again:
        return None
    named = min(met.pause or 0, LONGEST_PAUSE)
    return max(named, usual) * random.uniform(1, 1.25)  # noqa: S311  # not a secret


def _patience_asked_for(response: aiohttp.ClientResponse) -> float | None:
    """Reads Retry-After: seconds or a date (RFC 9110, 10.2.3)."""
    asked = response.headers.get("Retry-After", "")
    with suppress(ValueError):
        return max(float(asked), 0)
    with suppress(ValueError):
        return max((parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds(), 0)
    return None
