"""Middleware written as one generator per request, for synchronous and asynchronous servers."""

from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, TypeAlias

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

Steps: TypeAlias = Generator[None, HttpResponseBase, None]
GetResponse: TypeAlias = Callable[[HttpRequest], Any]


def around_requests(steps: Callable[[HttpRequest], Steps]) -> Callable[[GetResponse], GetResponse]:
    """Returns middleware from a generator function that yields once and receives the response from that ``yield``."""

    @sync_and_async_middleware
    def middleware(get_response: GetResponse) -> GetResponse:
        if iscoroutinefunction(get_response):

            async def answer(request: HttpRequest) -> HttpResponseBase:
                begun = _begin(steps(request))
                return _end(begun, await get_response(request))

            return answer

        def answer_now(request: HttpRequest) -> HttpResponseBase:
            begun = _begin(steps(request))
            return _end(begun, get_response(request))

        return answer_now

    return middleware


def _begin(steps: Steps) -> Steps:
    next(steps)
    return steps


def _end(steps: Steps, response: HttpResponseBase) -> HttpResponseBase:
    with suppress(StopIteration):
        steps.send(response)
    return response
