"""Responder for models behind an endpoint with OpenAI's chat completions API: Ollama, vLLM, llama.cpp."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from django.conf import settings

from chat_app.budget import budget, raw_weight
from chat_app.responders.client import body_of, model_client
from chat_app.responders.completion import DONE_WAIT_S, FINISH_WAIT_S, Completion
from chat_app.responders.dialect import Dialect, dialect_of
from chat_app.responders.errors import EndpointError
from chat_app.responders.fitting import Fitting
from chat_app.responders.judgement import note_reply
from chat_app.responders.parts import ContextCut, Finished, Progress, ReplyPart, TakenBack
from chat_app.responders.refusal import MAX_BODY, error_of, json_of, read_refusal
from chat_app.responders.request import request_of
from chat_app.responders.retry_after import seconds_asked_for
from chat_app.responders.targets import Target
from nono.errors import ReplyFailed, ReplyInterrupted

if TYPE_CHECKING:
    from chat_app.context import ContextWindow

logger = logging.getLogger(__name__)

PAUSES: Final = (0.5, 1.0)
"""Seconds before the second and the third request, if the endpoint names none."""

LONGEST_PAUSE: Final = 30.0
"""Longest pause in seconds that an endpoint may ask for (Retry-After); a longer one fails the reply at once."""

LOADING_PAUSES: Final = (0.5, 1.0, 2.0, 3.0, 5.0)
"""Seconds between requests to an endpoint that is not ready (503); the last one repeats."""

MAX_ADAPTATIONS: Final = 12
"""Maximum number of adapted requests for one reply after refusals."""

REFUSAL_WAIT_S: Final = 5.0
"""Seconds to wait for the body of a refusal."""


class ModelResponder:
    """Streams the replies of one model."""

    def __init__(self, target: Target) -> None:
        self.target = target

    async def stream(self, window: "ContextWindow") -> AsyncIterator[ReplyPart]:
        """Yields the reply as it arrives; retries only before the first text.

        Raises ``ReplyFailed`` if nothing was received or the endpoint reports an error, and ``ReplyInterrupted`` if
        the reply broke off.
        """
        asking = _Asking(self.target, window)
        try:
            async for part in self._answer(asking):
                yield part
        except EndpointError as met:
            await note_reply(self.target, met.reason)
            if met.reason == "policy":
                yield Finished("content_filter")
            raise asking.failure(met) from None
        await note_reply(self.target, "")

    async def _answer(self, asking: "_Asking") -> AsyncIterator[ReplyPart]:
        """Repeats the request until there is an answer; raises ``EndpointError`` if a retry would not help."""
        while True:
            try:
                for cut in asking.fit():
                    yield cut
                async for part in asking.ask():
                    yield part
            except EndpointError as met:
                if not asking.said and asking.adapt(met):
                    continue
                pause = asking.pause_after(met)
                if pause is None:
                    raise
                if met.is_loading or pause > PAUSES[-1] * 2:
                    yield Progress("loading")
                await asyncio.sleep(pause)
            else:
                return


@dataclass
class _Asking:
    """The requests for one reply and their deadline."""

    target: Target
    window: "ContextWindow"
    said: bool = False
    began: float = field(default_factory=time.monotonic)
    dialect: Dialect = field(init=False)
    _fitting: Fitting = field(init=False)
    _adaptations: int = 0
    _tries: int = 0

    def __post_init__(self) -> None:
        self.dialect = dialect_of(self.target)
        self._fitting = Fitting(self.dialect)
        self._pauses = iter(PAUSES)
        self._last = self.began + settings.LLM_TIMEOUT
        self._first = min(self._last, self.began + settings.LLM_FIRST_BYTE_TIMEOUT)

    def fit(self) -> Iterator[ContextCut]:
        """Drops the oldest messages if the chat exceeds the known context of the model, and yields ``ContextCut``."""
        fitted = self._fitting.fit(self.window)
        if fitted is not self.window:
            self.window = fitted
            yield ContextCut(fitted.context_from)

    async def ask(self) -> AsyncIterator[ReplyPart]:
        """Yields the parts of one answer; raises ``EndpointError``, which quotes nothing of the answer."""
        body = self._fitting.capped(request_of(self.window, self.target, self.dialect))
        key = (self.target.api_key or "").strip()
        answer = Completion(starts_inside=self.dialect.starts_inside, sent=body.keys(), secret=key)
        try:
            async for part in self._parts(body, answer):
                self.said = (self.said or isinstance(part, str)) and not isinstance(part, TakenBack)
                yield part
        finally:
            self._note_reasoning(answer)
        if answer.finish_reason:
            yield Finished(answer.finish_reason)
        if not answer.length:
            raise _nothing_said(answer.finish_reason)
        weight = sum(raw_weight(str(message["content"])) for message in body["messages"])
        budget.learn(weight, answer.prompt_tokens)

    def adapt(self, met: EndpointError) -> bool:
        """Adapts the next request to a refusal; returns whether to retry at once."""
        if met.refusal is None or self._adaptations >= MAX_ADAPTATIONS:
            return False
        self._adaptations += 1
        if met.reason == "context":
            return self._fitting.shrink(self.window, met.refusal, self.target)
        return self.dialect.learn(met.refusal, self.target)

    def pause_after(self, met: EndpointError) -> float | None:
        """Returns the seconds until the next request with random jitter, None for no retry."""
        if self.said or not met.again:
            return None
        self._tries += 1
        now = time.monotonic()
        if met.is_loading:
            usual: float | None = LOADING_PAUSES[min(self._tries, len(LOADING_PAUSES)) - 1]
            longest = self._first - now
        else:
            usual, longest = next(self._pauses, None), min(LONGEST_PAUSE, self._last - now)
        if usual is None:
            return None
        pause = max(met.pause or 0, usual) * random.uniform(1, 1.25)  # noqa: S311  not a secret
        return pause if pause < longest else None

    def failure(self, met: EndpointError) -> ReplyFailed:
        """Returns the ``ReplyFailed`` or ``ReplyInterrupted`` for an error."""
        kind = ReplyInterrupted if self.said and not met.reported else ReplyFailed
        sentence, retry_at = met.sentence, ""
        if met.pause and met.pause > LONGEST_PAUSE:
            moment = datetime.now(UTC) + timedelta(seconds=met.pause)
            retry_at = moment.isoformat(timespec="seconds")
            sentence = f"{sentence.removesuffix('.')}: it asks to come back at {moment:%Y-%m-%d %H:%M} UTC."
        return kind(sentence, reason=met.reason, retry_at=retry_at)

    async def _parts(self, body: dict[str, Any], answer: Completion) -> AsyncIterator[ReplyPart]:
        try:
            async with asyncio.timeout(self._patience(answer)):
                response = await model_client().post(self.target, body)
            async with response:
                if not 200 <= response.status < 300:
                    raise await self._refused(response, body)
                async for part in self._read(response, answer):
                    yield part
        except ValueError as error:  # an address or a header that the client does not accept
            url = self.target.url_setting
            raise EndpointError(f"The model endpoint cannot be asked: check {url}.", reason="unreachable") from error
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            for part in answer.end():
                yield part
            if not answer.is_finished:
                raise self._error_of(error, answer) from None
        if answer.error is not None:
            raise answer.error
        if not answer.is_finished:
            raise EndpointError("The model endpoint broke off its answer.", reason="broken", again=True)

    async def _read(self, response: aiohttp.ClientResponse, answer: Completion) -> AsyncIterator[ReplyPart]:
        while True:
            async with asyncio.timeout(self._patience(answer)):
                received = await response.content.readany()
            for part in answer.feed(received):
                yield part
            if answer.error is not None or not received:
                return

    async def _refused(self, response: aiohttp.ClientResponse, body: dict[str, Any]) -> EndpointError:
        pause = seconds_asked_for(response.headers)
        try:
            async with asyncio.timeout(min(REFUSAL_WAIT_S, self._patience(Completion()))):
                told = await body_of(response, MAX_BODY)
        except (aiohttp.ClientError, TimeoutError):
            told = b""
        key = (self.target.api_key or "").strip()
        refusal = read_refusal(response.status, json_of(told), body, secret=key)
        return error_of(response.status, refusal, url=self.target.url_setting, key=self.target.key_setting, pause=pause)

    def _patience(self, answer: Completion) -> float:
        """Returns the allowed seconds of silence of the endpoint; raises ``TimeoutError`` after the deadline."""
        now = time.monotonic()
        if now >= self._last:  # an endpoint that sends on and on is never silent
            raise TimeoutError
        if answer.is_done:
            wait = DONE_WAIT_S
        elif answer.is_finished:
            wait = min(FINISH_WAIT_S, settings.LLM_SILENCE_TIMEOUT)
        elif answer.has_received:
            wait = settings.LLM_SILENCE_TIMEOUT
        else:
            wait = max(self._first - now, 0)
        return max(min(wait, self._last - now), 0)

    def _error_of(self, error: Exception, answer: Completion) -> EndpointError:
        if isinstance(error, aiohttp.ConnectionTimeoutError) or not isinstance(error, TimeoutError):
            sentence = "The model endpoint cannot be reached, or the connection to it was lost."
            return EndpointError(sentence, reason="unreachable", again=True)
        if time.monotonic() >= self._last:
            sentence = f"did not end its answer within {settings.LLM_TIMEOUT:g} s (LLM_TIMEOUT)"
        elif answer.has_received:
            sentence = f"sent nothing for {settings.LLM_SILENCE_TIMEOUT:g} s (LLM_SILENCE_TIMEOUT)"
        else:
            sentence = f"did not begin to answer within {settings.LLM_FIRST_BYTE_TIMEOUT:g} s (LLM_FIRST_BYTE_TIMEOUT)"
        return EndpointError(f"The model endpoint {sentence}: it did not answer in time.", reason="timeout")

    def _note_reasoning(self, answer: Completion) -> None:
        """Stores whether this model begins inside its reasoning."""
        if answer.splitter.closed_unopened != self.dialect.starts_inside and answer.is_finished:
            self.dialect.starts_inside = answer.splitter.closed_unopened


def _nothing_said(finish_reason: str) -> EndpointError:
    match finish_reason:
        case "length":
            return EndpointError("The model reached its length limit before it said anything.", reason="empty")
        case "content_filter":
            return EndpointError("The provider withheld the answer.", reason="policy")
        case "tool_calls":
            return EndpointError("The model called a tool in place of an answer.", reason="empty")
        case _:
            return EndpointError("The model said nothing.", reason="empty")
