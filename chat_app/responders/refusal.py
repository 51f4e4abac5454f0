"""Parser of the error bodies of model endpoints, in the forms that are in use.

Only the short identifiers of a body (``code``, ``type``, ``param``, ``status``) are ever shown. Its sentences are used
to classify the refusal and are then discarded.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from chat_app.responders.errors import EndpointError, Reason
from chat_app.responders.refusal_patterns import (
    ASKED,
    CONTEXT,
    KEY,
    LIMITS,
    MODEL,
    PARAMETER,
    POLICY,
    QUOTA,
    SYSTEM,
)

MAX_BODY: Final = 64 * 1024
"""Maximum bytes of an error's body that are read."""

_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_DEEPEST: Final = 8
_MAX_TEXT: Final = 16 * 1024
_FIXED: Final = frozenset({"model", "messages", "stream"})
"""Fields of a request that are never omitted, even if an error sentence names them."""

AGAIN: Final = frozenset({408, 409, 425, 429})
"""Statuses, besides 500 and over, after which a retry may succeed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Reason for which a request was refused; ``identifiers`` as in ``code=insufficient_quota``.

    ``parameters`` maps fields of the request to omit to their newer names, "" for none. ``limit`` and ``asked`` are
    the tokens of the model's context and of the prompt, 0 if not named.
    """

    reason: Reason
    identifiers: tuple[str, ...] = ()
    parameters: Mapping[str, str] | None = None
    refuses_system: bool = False
    refuses_stream: bool = False
    limit: int = 0
    asked: int = 0


def read_refusal(status: int, body: Any, sent: Collection[str], *, secret: str = "") -> Refusal:
    """Parses the JSON ``body`` of a response with ``status`` to a request with the fields ``sent``.

    ``secret`` is the key, which is never shown, even if an identifier contains it.
    """
    fields = _error_fields(body)
    text = " ".join(_texts(body, _DEEPEST))[:_MAX_TEXT]
    identifiers = tuple(
        f"{name}={value}"
        for name in ("code", "type", "param", "status")
        if _IDENTIFIER.fullmatch(value := _as_text(fields.get(name))) and not (secret and secret in value)
    )
    parameters = _parameters(fields, body, text, sent, status)
    named = {_as_text(fields.get("param"))} | set(_locations(body, _DEEPEST))
    system = status in {400, 422, 500} and (bool(SYSTEM.search(text)) or _is_role(named, text))
    reason = _reason(status, text, has_parameters=bool(parameters))
    return Refusal(
        reason=reason,
        identifiers=identifiers,
        parameters=parameters if reason == "parameter" else None,
        refuses_system=system and reason in {"parameter", "busy"},
        refuses_stream=reason == "parameter" and "stream" in named,
        limit=_limit(fields, text) if reason == "context" else 0,
        asked=_asked(fields, text) if reason == "context" else 0,
    )


_KINDS: Final[tuple[tuple[Reason, Collection[int], re.Pattern[str] | None], ...]] = (
    ("key", {401, 407}, None),
    ("quota", {402}, None),
    ("quota", {0, 400, 403, 429}, QUOTA),
    ("busy", {429}, None),
    ("policy", {0, 400, 403, 422, 451}, POLICY),
    ("context", {413}, None),
    ("context", {0, 400, 422, 500}, CONTEXT),
    ("key", {400}, KEY),
    ("key", {403}, None),
    ("model", {404}, None),
)
"""Statuses and text patterns of each kind of refusal; status 0 is an error in a stream."""


def error_of(status: int, refusal: Refusal, *, url: str, key: str, pause: float | None = None) -> EndpointError:
    """Returns the error for a refusal; ``url`` and ``key`` are the settings that an operator would change."""
    if 300 <= status < 400:
        sentence = (
            f"The model endpoint redirects (status {status}), which is not followed: {url} must be where it leads."
        )
        return EndpointError(sentence, reason="unreachable", refusal=refusal)
    phrase = {one.value: one.phrase for one in HTTPStatus}.get(status, "")
    answered = f"The model endpoint answered {status} {phrase}".rstrip() if status else "The model endpoint refused"
    advice = _advice(status, refusal, url, key)
    told = f" ({', '.join(refusal.identifiers)})" if refusal.identifiers else ""
    again = refusal.reason == "busy" and (status in AGAIN or status >= 500)
    sentence = f"{answered}: {advice}{told}." if advice else f"{answered}{told}."
    return EndpointError(
        sentence, reason=refusal.reason, again=again, pause=pause, is_loading=status == 503, refusal=refusal
    )


def _advice(status: int, refusal: Refusal, url: str, key: str) -> str:
    match refusal.reason:
        case "key":
            return f"check {key}"
        case "quota":
            return "its account has no credit or quota left"
        case "model":
            return f"check {url} and LLM_MODEL" if status == 404 else "it does not have this model; check LLM_MODEL"
        case "context":
            return "the question is longer than the model's context"
        case "policy":
            return "its provider's policy withholds the answer"
        case "parameter" if refusal.parameters:
            return f"it refuses {' and '.join(refusal.parameters)}"
        case "parameter":
            return "it refuses the request"
        case _:
            return ""


def _reason(status: int, text: str, *, has_parameters: bool) -> Reason:
    """Returns the first kind of refusal that matches, in the order of ``_KINDS``."""
    if has_parameters and "too large" in text.lower():
        return "parameter"
    for reason, statuses, signs in _KINDS:
        if status in statuses and (signs is None or signs.search(text)):
            return reason
    if has_parameters:
        return "parameter"
    if status in {0, 400, 422} and MODEL.search(text):
        return "model"
    return "busy" if status in AGAIN or status >= 500 or not status else "parameter"


def _parameters(fields: Mapping[str, Any], body: Any, text: str, sent: Collection[str], status: int) -> dict[str, str]:
    """Returns the refused fields of the request with the newer name of each, "" for none."""
    if status not in {0, 400, 422}:
        return {}
    exact = [_as_text(fields.get("param")), *_locations(body, _DEEPEST)]
    known = set(sent) - _FIXED
    named = [name for one in exact if (name := re.split(r"[.\[]", one)[0]) in known]
    if not named and PARAMETER.search(text):
        found = [(match.start(), name) for name in known if (match := re.search(rf"\b{re.escape(name)}\b", text))]
        named = [name for _, name in sorted(found)]
        if "max_tokens" in named and "max_completion_tokens" in text:
            named = ["max_tokens"]
    return {name: _newer_name(name, text) for name in dict.fromkeys(named)}


def _newer_name(name: str, text: str) -> str:
    return "max_completion_tokens" if name == "max_tokens" and "max_completion_tokens" in text else ""


def _is_role(named: Collection[str], text: str) -> bool:
    return any(re.match(r"messages\b.*role", one) for one in named) and "system" in text.lower()


def _error_fields(body: Any) -> Mapping[str, Any]:
    """Returns the object that holds ``code``, ``type`` and ``param``, at any of the places that endpoints use."""
    if isinstance(body, list):
        body = next((one for one in body if isinstance(one, dict)), None)
    if not isinstance(body, dict):
        return {}
    error = body.get("error")
    if isinstance(error, dict):
        return error
    message = body.get("message")
    return message if isinstance(message, dict) and "detail" not in message else body


def _texts(value: Any, depth: int) -> Iterator[str]:
    """Yields every string in a JSON value, including field names."""
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, dict):
        for name, one in value.items():
            yield str(name)
            yield from _texts(one, depth - 1)
    elif depth and isinstance(value, list):
        for one in value[:50]:
            yield from _texts(one, depth - 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def _locations(value: Any, depth: int) -> Iterator[str]:
    """Yields the fields named by pydantic's ``loc`` lists: ``["body", "max_tokens"]`` as ``max_tokens``."""
    if not depth:
        return
    if isinstance(value, dict):
        location = value.get("loc")
        if isinstance(location, list):
            yield ".".join(str(part) for part in location if part != "body")
        for one in value.values():
            yield from _locations(one, depth - 1)
    elif isinstance(value, list):
        for one in value[:50]:
            yield from _locations(one, depth - 1)


def _limit(fields: Mapping[str, Any], text: str) -> int:
    return _tokens(fields.get("n_ctx"), text, LIMITS)


def _asked(fields: Mapping[str, Any], text: str) -> int:
    return _tokens(fields.get("n_prompt_tokens"), text, ASKED)


def _tokens(given: Any, text: str, patterns: tuple[re.Pattern[str], ...]) -> int:
    if isinstance(given, int) and not isinstance(given, bool):
        return given if 0 < given <= 100_000_000 else 0
    for pattern in patterns:
        if (found := pattern.search(text)) and 0 < (number := int(found[1][:12])) <= 100_000_000:
            return number
    return 0


def _as_text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def json_of(body: bytes) -> Any:
    """Returns ``body`` parsed as JSON, None if it is not JSON."""
    try:
        return json.loads(body.decode(errors="replace").lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
