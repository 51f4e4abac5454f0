"""The API object and the rules for every call: strict bodies, same origin, problem responses, no caching."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError, ValidationErrorContext
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from pydantic import BaseModel, Field

from nono.errors import NonoError, TooLarge, UnsupportedMediaType
from nono.web import cross_origin, strict_json
from nono.web.problems import framework_problem, invalid, problem_of

logger = logging.getLogger(__name__)

PREFIX = "/api/"


class Problem(BaseModel):
    """Why a call was refused (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(description="A sentence that names the wrong value and the allowed ones.")
    code: str = Field(examples=["session_not_found"])
    errors: list[dict[str, Any]] | None = Field(default=None, description="The wrong fields, one by one.")


def problems(*statuses: int) -> dict[int, type[Problem]]:
    """Returns the error responses to document for a call: ``statuses`` and those that every call has."""
    return dict.fromkeys(sorted({400, 404, 405, 422, 500, 503, *statuses}), Problem)


class StrictParser(Parser):
    """Parses bodies with nono/web/strict_json.py."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Returns the parsed body; raises ``TooLarge`` or ``InvalidRequest``."""
        return strict_json.parse(request.body)


class Api(NinjaAPI):
    """``NinjaAPI`` whose OpenAPI document declares errors as ``application/problem+json``."""

    def get_openapi_schema(self, **keywords: Any) -> OpenAPISchema:
        """Returns the OpenAPI document."""
        document = super().get_openapi_schema(**keywords)
        for path in document["paths"].values():
            for call in path.values():
                for status, answer in call["responses"].items():
                    if int(status) >= HTTPStatus.BAD_REQUEST:
                        answer["content"] = {"application/problem+json": answer["content"]["application/json"]}
        return document

    def validation_error_from_error_contexts(
        self, error_contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        """Returns the validation errors with the wrong values, which Ninja leaves out."""
        wrong = super().validation_error_from_error_contexts(error_contexts)
        found = [one for context in error_contexts for one in context.pydantic_validation_error.errors()]
        for told, one in zip(wrong.errors, found, strict=True):
            told["input"] = one["input"]
        return wrong


api = Api(
    title="Nono",
    version="1.0.0",
    description=(
        "Chat with a persona over HTTP. Everything about a chat lives in Redis, with a clock, and dies with it. "
        "Every refusal is `application/problem+json` with a `code` and a sentence."
    ),
    parser=StrictParser(),
    urls_namespace="api",
)


@api.exception_handler(NonoError)
def refuse(_request: HttpRequest, error: NonoError) -> HttpResponseBase:
    """Translates a ``NonoError`` to a problem; the detail of a configuration error goes to the log only."""
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("misconfigured: %s", error.detail)
        return framework_problem(HttpResponse(status=error.status))
    return problem_of(error)


@api.exception_handler(ValidationError)
def refuse_fields(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Translates validation errors of the schemas to a problem."""
    return invalid(error.errors)


@api.exception_handler(RequestDataTooBig)
def refuse_size(_request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    """Translates a body over Django's own limit to a problem."""
    return problem_of(TooLarge(f"The body is too large; at most {strict_json.MAX_BODY_BYTES} bytes are allowed."))


@api.exception_handler(HttpError)
def refuse_body(_request: HttpRequest, error: HttpError) -> HttpResponseBase:
    """Translates Ninja's ``HttpError``, which wraps the parser's ``NonoError``, to a problem."""
    if isinstance(error.__cause__, NonoError):
        return problem_of(error.__cause__)
    return framework_problem(HttpResponse(status=error.status_code))


@sync_and_async_middleware
def api_guard(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware that applies the rules of the API to every path below ``/api/``."""
    if iscoroutinefunction(get_response):

        async def guard(request: HttpRequest) -> HttpResponseBase:
            if not request.path.startswith(PREFIX):
                return await get_response(request)  # type: ignore[no-any-return]
            return _refusal(request) or _sealed(await get_response(request))

        return guard

    def guard_now(request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(PREFIX):
            return get_response(request)  # type: ignore[no-any-return]
        return _refusal(request) or _sealed(get_response(request))

    return guard_now


def _refusal(request: HttpRequest) -> HttpResponseBase | None:
    try:
        cross_origin.check_request(request)
        length = int(request.headers.get("Content-Length") or 0)
        if length > strict_json.MAX_BODY_BYTES:
            raise TooLarge(f"The body has {length} bytes; at most {strict_json.MAX_BODY_BYTES} are allowed.")
        has_body = length or "Transfer-Encoding" in request.headers  # a chunked body has no length
        if has_body and request.content_type != "application/json":
            raise UnsupportedMediaType(
                f"The Content-Type is {str(request.content_type)[:60]!r}; the API takes application/json."
            )
    except NonoError as error:
        return _sealed(problem_of(error))
    except ValueError:
        return _sealed(framework_problem(HttpResponse(status=400)))
    return None


def _sealed(response: HttpResponseBase) -> HttpResponseBase:
    response = framework_problem(response)
    response["Cache-Control"] = "no-store"
    response.headers.setdefault("X-Frame-Options", "DENY")  # absent on an error response built here
    patch_vary_headers(response, ["Cookie"])
    return response
