"""Client address of a request or a socket, for limits by address."""

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Returns the client's address; for IPv6 its /64 network."""
    return _client(request.headers.get("X-Forwarded-For", ""), str(request.META.get("REMOTE_ADDR") or ""))


def address_of_socket(scope: dict[str, Any]) -> str:
    """Returns the client's address of a websocket, in the same form."""
    forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return _client(",".join(forwarded), str((scope.get("client") or [""])[0]))


def _client(forwarded: str, peer: str) -> str:
    """Returns the client's address from ``forwarded`` (X-Forwarded-For) or ``peer``, the address that connected.

    Each trusted proxy appends the address that it saw, so the client is entry NONO_TRUSTED_PROXIES from the right.
    Entries further left are not trustworthy, because the client can send them.
    """
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    trusted: int = settings.NONO_TRUSTED_PROXIES
    return _network(hops[-trusted] if trusted and len(hops) >= trusted else peer) or "unknown"


def _network(address: str) -> str:
    """Reduces an IPv6 address to its /64, the usual allocation of one customer, who can use any address in it."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, ipaddress.IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip), 64), strict=False).network_address)
