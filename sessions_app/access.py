"""Who may see what: one predicate for REST, websocket and admin."""

import secrets
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core import signing

from nono.hashing import short_hash
from sessions_app.session import Session, not_found

COOKIE: Final = "nono_visitor"
_SALT: Final = "nono.visitor"
_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser, by its signed cookie.

    ``owner`` is the hash of the cookie's secret: all that the store ever holds of it. ``operator`` is the primary key,
    as text, of the staff user who is signed in there and may see every chat, else ``""``. ``new_cookie`` is the value
    to set where the request brought none that is genuine.
    """

    owner: str
    operator: str = ""
    new_cookie: str | None = None

    @classmethod
    def from_cookie(cls, value: str | None, *, operator: str = "") -> "Visitor":
        """Recognises the visitor of a cookie; an absent or forged one makes a new visitor."""
        signer = signing.Signer(salt=_SALT)
        try:
            return cls(_owner(signer.unsign(value or "")), operator)
        except signing.BadSignature:
            secret = secrets.token_urlsafe(_BYTES)
            return cls(_owner(secret), operator, signer.sign(secret))


def may_see(visitor: Visitor, session: Session) -> bool:
    """Tells whether ``visitor`` may read, write, clear and export ``session``."""
    return sees_everything(visitor) or _owns(visitor, session)


def sees_everything(visitor: Visitor) -> bool:
    """Tells whether every session is the visitor's to see, so that no list needs to be narrowed."""
    return settings.NONO_ACCESS == "shared" or bool(visitor.operator)


def observes(visitor: Visitor, session: Session) -> bool:
    """Tells whether ``visitor`` sees ``session`` only as an operator, which leaves a trace and is told to its owner."""
    return settings.NONO_ACCESS != "shared" and bool(visitor.operator) and not _owns(visitor, session)


def admit(visitor: Visitor, session: Session) -> Session:
    """Returns ``session`` if the visitor may see it; else raises the same ``SessionNotFound`` as for no session."""
    if not may_see(visitor, session):
        raise not_found(session.user_id)
    return session


def _owns(visitor: Visitor, session: Session) -> bool:
    return bool(session.owner) and secrets.compare_digest(session.owner.encode(), visitor.owner.encode())


def _owner(secret: str) -> str:
    return short_hash(secret)
