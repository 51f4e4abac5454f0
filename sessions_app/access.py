"""Who may see what: one predicate for REST, websocket and admin."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core import signing

from sessions_app.session import Session, not_found

COOKIE: Final = "nono_visitor"
_SALT: Final = "nono.visitor"
_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser, by its signed cookie, or a staff user of the admin.

    ``owner`` is the hash of the cookie's secret: all that the store ever holds of it. ``new_cookie`` is the
    value to set where the request brought none that is genuine.
    """

    owner: str
    staff: bool = False
    new_cookie: str | None = None

    @classmethod
    def from_cookie(cls, value: str | None, *, staff: bool = False) -> "Visitor":
        """Recognises the visitor of a cookie; an absent or forged one makes a new visitor."""
        signer = signing.Signer(salt=_SALT)
        try:
            return cls(_owner(signer.unsign(value or "")), staff)
        except signing.BadSignature:
            secret = secrets.token_urlsafe(_BYTES)
            return cls(_owner(secret), staff, signer.sign(secret))


def may_see(visitor: Visitor, session: Session) -> bool:
    """Tells whether ``visitor`` may read, write, clear and export ``session``."""
    if settings.NONO_ACCESS == "shared" or visitor.staff:
        return True
    return bool(session.owner) and secrets.compare_digest(session.owner.encode(), visitor.owner.encode())


def sees_everything(visitor: Visitor) -> bool:
    """Tells whether every session is the visitor's to see, so that no list needs to be narrowed."""
    return settings.NONO_ACCESS == "shared" or visitor.staff


def admit(visitor: Visitor, session: Session) -> Session:
    """Returns ``session`` if the visitor may see it; else raises the same ``SessionNotFound`` as for no session."""
    if not may_see(visitor, session):
        raise not_found(session.user_id)
    return session


def _owner(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:32]
