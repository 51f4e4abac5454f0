"""What Nono refuses, by name; every transport translates these once."""

from typing import Any, ClassVar


class NonoError(Exception):
    """Says in one sentence what was wrong, which value, and which ones are allowed.

    ``code`` and ``status`` are the contract's (docs/protocol.md, "Errors"). ``members`` are what a problem adds to
    the usual ones (RFC 9457, 3.2).
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
    """Nobody of that key is in the personas file."""

    code = "unknown_persona"
    status = 422


class SessionExists(NonoError):
    """A living session has this name already."""

    code = "session_exists"
    status = 409


class SessionNotFound(NonoError):
    """There is no such session, or it is not the visitor's to see."""

    code = "session_not_found"
    status = 404


class CrossOrigin(NonoError):
    """Another site's page sent the request."""

    code = "cross_origin"
    status = 403


class NotAllowed(NonoError):
    """Whoever asks is not, or no longer, allowed to follow a chat; only an operator's websocket is refused so."""

    code = "not_allowed"
    status = 403


class UnsupportedMediaType(NonoError):
    """The body is not ``application/json``."""

    code = "unsupported_media_type"
    status = 415


class TooLarge(NonoError):
    """The body or the frame is over its bound."""

    code = "too_large"
    status = 413


class RateLimited(NonoError):
    """A named policy refused; ``retry_after`` is in whole seconds."""

    code = "rate_limited"
    status = 429


class TooManySockets(RateLimited):
    """As many sockets as there may be are open already; only a websocket is refused so."""


class ReplyFailed(NonoError):
    """The persona could not answer; the visitor's message is kept.

    ``reason`` is a word for programs and ``retry_at`` (ISO 8601, UTC) when to come back, both "" where unknown.
    """

    code = "reply_failed"
    status = 502

    def __init__(self, detail: str, *, reason: str = "", retry_at: str = "", retry_after: int | None = None) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.reason = reason
        self.retry_at = retry_at


class ReplyInterrupted(ReplyFailed):
    """The reply broke off; what was said of it is kept."""


class StoreUnavailable(NonoError):
    """Redis did not answer in time or refused to write; nothing was acknowledged."""

    code = "store_unavailable"
    status = 503

    def __init__(self, detail: str, *, retry_after: int = 2) -> None:
        super().__init__(detail, retry_after=retry_after)


class ConfigurationError(NonoError):
    """A setting or a shipped file is wrong; Nono does not start."""

    code = "configuration_error"
