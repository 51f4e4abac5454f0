"""Names of sessions as the log has them."""

import hashlib
import hmac

from django.conf import settings


def mark_of(user_id: str) -> str:
    """Returns a short mark that tells sessions apart and names nobody: without SECRET_KEY no name leads to it."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, b"nono.logs:" + user_id.encode(errors="replace"), hashlib.sha256).hexdigest()[:12]
