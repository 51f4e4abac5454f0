"""Error responses of the API as ``application/problem+json`` (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, HttpResponseBase

from nono.errors import InvalidRequest, NonoError
from nono.web.strict_json import text_of
from nono.web.validation_errors import fault_of, sentence_of

CODES = {400: "bad_request", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 408: "timeout"}
DETAILS = {
    400: "The request could not be read. Check its Host header and its address.",
    404: "There is nothing at this address. The calls are listed at /api/docs.",
    405: "This address does not take this method; the Allow header lists the ones it takes.",
    500: "Something went wrong on our side. The error is in the server's log.",
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    retry_after: int | None = None,
    members: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Returns a problem response with a machine-readable ``code``, a sentence, and additional ``members``."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **(members or {}),
    }
    if errors:
        body["errors"] = errors
    response = HttpResponse(text_of(body), status=status, content_type="application/problem+json")
    response["Content-Language"] = "en"
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def problem_of(error: NonoError, errors: list[dict[str, Any]] | None = None) -> HttpResponse:
    """Returns the problem response for a ``NonoError``."""
    return problem(
        *(error.status, error.code, error.detail),
        errors=errors,
        retry_after=error.retry_after,
        members=error.members,
    )


def invalid(errors: list[dict[str, Any]]) -> HttpResponse:
    """Returns the problem response for validation errors: one sentence, and the list of wrong fields."""
    wrong = [fault_of(one) for one in errors[:20]]
    listed = [{"field": fault.field, "message": fault.message} for fault in wrong]
    return problem_of(InvalidRequest(sentence_of(wrong)), listed)


def framework_problem(response: HttpResponseBase) -> HttpResponseBase:
    """Converts an error page of the framework to a problem response; keeps its Allow header."""
    if response.status_code < 400 or response.get("Content-Type", "").startswith("application/problem+json"):
        return response
    status = response.status_code
    translated = problem(
        status, CODES.get(status, "internal_error"), DETAILS.get(status, HTTPStatus(status).description)
    )
    if "Allow" in response:
        translated["Allow"] = response["Allow"]
    return translated
