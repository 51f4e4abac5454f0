"""Where a request or a socket comes from, for limits by address."""

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Returns the client's address, an IPv6 one as its network."""
    return _client(request.headers.get("X-Forwarded-For", ""), str(request.META.get("REMOTE_ADDR") or ""))


def address_of_socket(scope: dict[str, Any]) -> str:
    """Returns the same of a websocket."""
    forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return _client(",".join(forwarded), str((scope.get("client") or [""])[0]))


def _client(forwarded: str, peer: str) -> str:
    """Finds the client among ``forwarded`` (X-Forwarded-For) and the address that connected.

    X-Forwarded-For counts only as far as NONO_TRUSTED_PROXIES reaches: each trusted proxy appends the address
    that it saw, so the one wanted stands that many places from the right; what is further left anybody can write.
    """
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    trusted: int = settings.NONO_TRUSTED_PROXIES
    return _network(hops[-trusted] if trusted and len(hops) >= trusted else peer) or "unknown"


def _network(address: str) -> str:
    """Gives IPv6 addresses as their /64: that is what one customer of a provider gets, and can change within."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, ipaddress.IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip), 64), strict=False).network_address)
