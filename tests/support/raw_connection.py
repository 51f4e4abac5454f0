"""Connections on which a test sends what bytes it likes."""

import socket
from urllib.parse import urlsplit

from tests.support.server import Server


def line_to(server: Server, come_from: str = "127.0.0.1") -> socket.socket:
    """Connects to a server, from an address of this machine."""
    parts = urlsplit(server.address)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=15, source_address=(come_from, 0))


def heard(line: socket.socket) -> bytes:
    """Returns all that comes until the server ends the connection."""
    pieces = []
    try:
        while piece := line.recv(65536):
            pieces.append(piece)
    except ConnectionError:
        pass
    return b"".join(pieces)


def status_of(answer: bytes) -> int:
    """Returns the status of an HTTP answer."""
    return int(answer.split(b" ", 2)[1])
