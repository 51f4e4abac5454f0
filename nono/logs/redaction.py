"""Pseudonyms of session names in the log."""

import hashlib
import hmac

from django.conf import settings


def mark_of(user_id: str) -> str:
    """Returns 12 hex digits of an HMAC-SHA256 of the name with SECRET_KEY: distinguishes sessions, hides names."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, b"nono.logs:" + user_id.encode(errors="replace"), hashlib.sha256).hexdigest()[:12]
