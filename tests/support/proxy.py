"""A real nginx with the shipped configuration in front of a Nono, for tests; and a client that comes by https."""

import datetime as dt
import http.client
import os
import re
import secrets
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nono.environment import PROJECT
from tests.support.server import SERVE, Server

NAME = "chat.example.org"
SHIPPED = PROJECT / "deploy" / "nginx.conf"
PATIENCE = 10.0
KEY = secrets.token_urlsafe(50)

AROUND = """
pid nginx.pid;
error_log error.log info;
events { worker_connections 256; }
http {
    access_log access.log;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path unused; uwsgi_temp_path unused; scgi_temp_path unused;
    include nono.conf;
}
"""
"""What a distribution's nginx.conf is around a site's; whatever the site says nothing of is logged, as it is there."""


class Proxy:
    """nginx on free ports of loopback, before a Nono that listens on ``upstream``.

    ``but`` replaces parts of the shipped configuration: a control takes a guard away so.
    """

    def __init__(self, folder: Path, upstream: str, /, **but: tuple[str, str]) -> None:
        self.folder = folder
        self.plain, self.secure, *others = (free_port() for _ in range(4))
        self._site = _with_places_of_its_own(SHIPPED.read_text(), folder, upstream)
        for old, new in but.values():
            assert old in self._site
            self._site = self._site.replace(old, new)
        for port, listen in zip([self.plain, self.secure, *others], ("80", "443", "[::]:80", "[::]:443"), strict=True):
            self._site = re.sub(rf"listen {re.escape(listen)}\b", f"listen 127.0.0.1:{port}", self._site)

    def __enter__(self) -> Self:
        """Starts nginx and returns once it listens; it has no room on the disk for what passes through."""
        self.folder.mkdir(exist_ok=True)
        _make_certificate(self.folder)
        (self.folder / "nginx.conf").write_text(AROUND)
        (self.folder / "nono.conf").write_text(self._site)
        self._alive, lifeline = os.pipe()
        self._run(lifeline=(lifeline,))
        os.close(lifeline)
        for spool in ("body", "proxy"):
            shutil.rmtree(self.folder / spool)
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._run("-s", "stop")
        os.read(self._alive, 1)  # nothing comes, once nobody is left who could write
        os.close(self._alive)

    def logged(self) -> str:
        """Returns everything that nginx has written to any log; complete once it has ended."""
        return "".join(log.read_text() for log in self.folder.glob("*.log"))

    def trust(self) -> ssl.SSLContext:
        """Returns what believes nobody but who has the certificate."""
        return ssl.create_default_context(cafile=self.folder / "fullchain.pem")

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        *,
        source: str = "127.0.0.1",
        patience: float = PATIENCE,
        **headers: str,
    ) -> http.client.HTTPResponse:
        """Sends one request by https, from a loopback address; an underscore in a header's name is a hyphen.

        What is in the answer is not read yet.
        """
        connection = http.client.HTTPConnection(NAME)
        line = socket.create_connection(("127.0.0.1", self.secure), patience, source_address=(source, 0))
        connection.sock = self.trust().wrap_socket(line, server_hostname=NAME)
        connection.request(method, path, body, _named(headers))
        return connection.getresponse()

    def ask_plainly(self, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
        """Sends one request by http."""
        connection = http.client.HTTPConnection(NAME)
        connection.sock = socket.create_connection(("127.0.0.1", self.plain), PATIENCE)
        connection.request(method, path, headers=_named(headers))
        return connection.getresponse()

    def _run(self, *arguments: str, lifeline: tuple[int, ...] = ()) -> None:
        # It goes into the background when it listens, and takes the lifeline there.
        command = ("nginx", "-p", str(self.folder), "-c", "nginx.conf", "-e", "error.log", *arguments)
        subprocess.run(command, stdin=subprocess.DEVNULL, check=True, timeout=PATIENCE, pass_fds=lifeline)


@contextmanager
def production(data: Path, **variables: str) -> Iterator[Server]:
    """Runs a Nono with the settings shipped for production and a key of one's own."""
    shipped = {"NONO_ENV_FILE": "deploy/production.env.example", "SECRET_KEY": KEY}
    said_by_tests = dict.fromkeys(("HOST", "NONO_ACCESS", "NONO_RATE_LIMITS", "NONO_METRICS"), "")  # the file counts
    server = Server(data, SERVE, data.with_suffix(".log"), **shipped, **said_by_tests, **variables)
    server.start()
    yield server
    server.stop()


def free_port() -> int:
    """Returns a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _with_places_of_its_own(site: str, folder: Path, upstream: str) -> str:
    """Puts this machine's paths and ports into the shipped configuration, and changes nothing else."""
    places = {
        f"/etc/letsencrypt/live/{NAME}/": f"{folder}/",
        "/var/log/nginx/": f"{folder}/",
        "/var/www/html": f"{folder}/html",
        "http://127.0.0.1:8000": upstream,
    }
    for shipped, here in places.items():
        assert shipped in site
        site = site.replace(shipped, here)
    return site


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _make_certificate(folder: Path) -> None:
    """Makes a certificate for the name that signs itself, good for an hour, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
