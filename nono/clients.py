"""Where a request comes from, for limits by address."""

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Returns the client's address.

    X-Forwarded-For counts only as far as NONO_TRUSTED_PROXIES reaches: each trusted proxy appends the address
    that it saw, so the one wanted stands that many places from the right; what is further left anybody can write.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    trusted: int = settings.NONO_TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        return hops[-trusted]
    return str(request.META.get("REMOTE_ADDR") or "unknown")
