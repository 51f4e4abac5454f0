"""Access rules: one predicate for REST, websocket and admin."""

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
    """One browser, identified by its signed cookie.

    ``owner`` is the hash of the cookie's secret; the store never holds the secret itself. ``operator`` is the primary
    key, as text, of the signed-in staff user who may see every chat, else ``""``. ``new_cookie`` is the value to set if
    the request had no valid cookie.
    """

    owner: str
    operator: str = ""
    new_cookie: str | None = None

    @classmethod
    def from_cookie(cls, value: str | None, *, operator: str = "") -> "Visitor":
        """Returns the visitor of a cookie; a missing or forged cookie makes a new visitor."""
        signer = signing.Signer(salt=_SALT)
        try:
            return cls(_owner(signer.unsign(value or "")), operator)
        except signing.BadSignature:
            secret = secrets.token_urlsafe(_BYTES)
            return cls(_owner(secret), operator, signer.sign(secret))


def may_see(visitor: Visitor, session: Session) -> bool:
    """Returns True if ``visitor`` may read, write, clear and export ``session``."""
    return sees_everything(visitor) or _owns(visitor, session)


def sees_everything(visitor: Visitor) -> bool:
    """Returns True if the visitor may see every session, so that lists need no filter by owner."""
    return settings.NONO_ACCESS == "shared" or bool(visitor.operator)


def observes(visitor: Visitor, session: Session) -> bool:
    """Returns True if ``visitor`` sees ``session`` only as an operator; this is logged, and the owner is notified."""
    return settings.NONO_ACCESS != "shared" and bool(visitor.operator) and not _owns(visitor, session)


def admit(visitor: Visitor, session: Session) -> Session:
    """Returns ``session`` if the visitor may see it; else raises ``SessionNotFound``, as for a missing one."""
    if not may_see(visitor, session):
        raise not_found(session.user_id)
    return session


def _owns(visitor: Visitor, session: Session) -> bool:
    return bool(session.owner) and secrets.compare_digest(session.owner.encode(), visitor.owner.encode())


def _owner(secret: str) -> str:
    return short_hash(secret)
