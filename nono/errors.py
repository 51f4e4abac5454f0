"""Exceptions of Nono; each transport (REST, websocket, commands) translates them in one place."""

from typing import Any, ClassVar


class NonoError(Exception):
    """Base class; ``detail`` is one sentence with the wrong value and the allowed ones.

    ``code`` and ``status`` are defined in docs/protocol.md ("Errors"). ``members`` are extension members of a problem
    (RFC 9457, 3.2).
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.members: dict[str, Any] = {}


class InvalidRequest(NonoError):
    """The request does not have the documented shape."""

    code = "invalid_request"
    status = 422


class InvalidUserId(NonoError):
    """The name of a session breaks the naming rule (sessions_app/names.py)."""

    code = "invalid_user_id"
    status = 422


class UnknownPersona(NonoError):
    """The personas file has no persona with this key."""

    code = "unknown_persona"
    status = 422


class SessionExists(NonoError):
    """A session with this name exists."""

    code = "session_exists"
    status = 409


class SessionNotFound(NonoError):
    """The session does not exist, or the visitor may not see it."""

    code = "session_not_found"
    status = 404


class CrossOrigin(NonoError):
    """A page of another site sent the request."""

    code = "cross_origin"
    status = 403


class NotAllowed(NonoError):
    """The operator is not, or no longer, allowed to observe a chat; raised for operator websockets only."""

    code = "not_allowed"
    status = 403


class UnsupportedMediaType(NonoError):
    """The body is not ``application/json``."""

    code = "unsupported_media_type"
    status = 415


class TooLarge(NonoError):
    """The body or the frame exceeds its maximum size."""

    code = "too_large"
    status = 413


class RateLimited(NonoError):
    """A rate limit refused the request; ``retry_after`` is in whole seconds."""

    code = "rate_limited"
    status = 429


class TooManySockets(RateLimited):
    """The maximum number of sockets is open; raised for websockets only."""


class ReplyFailed(NonoError):
    """The responder failed; the visitor's message is stored.

    ``reason`` is a machine-readable word, ``retry_at`` a time (ISO 8601, UTC); both are "" if unknown.
    """

    code = "reply_failed"
    status = 502

    def __init__(self, detail: str, *, reason: str = "", retry_at: str = "", retry_after: int | None = None) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.reason = reason
        self.retry_at = retry_at


class ReplyInterrupted(ReplyFailed):
    """The reply was interrupted; its text so far is stored."""


class StoreUnavailable(NonoError):
    """Redis did not respond in time or refused a write; nothing was acknowledged."""

    code = "store_unavailable"
    status = 503

    def __init__(self, detail: str, *, retry_after: int = 2) -> None:
        super().__init__(detail, retry_after=retry_after)


class ConfigurationError(NonoError):
    """A setting or a shipped file is wrong; Nono does not start."""

    code = "configuration_error"
