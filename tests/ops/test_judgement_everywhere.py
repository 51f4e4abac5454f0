"""The same true sentence about a model in the start message, ``/health``, the doctor and the admin."""

import html
import http.cookiejar
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

import pytest

from nono.environment import PROJECT
from tests.support.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

KEY = "sk-canary-of-the-key"
OPERATOR = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": "not-a-secret-here"}

LISTED = "The model endpoint answers and lists the model."
REFUSED = "The model endpoint refuses the key: check LLM_API_KEY."


class Endpoint(BaseHTTPRequestHandler):
    """An endpoint that lists one model under /v1, to everybody where ``is_open``, and replies to its key only."""

    is_open = False

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            self._say(404, {"error": {"message": "not found"}})
        elif self.is_open or self._is_known():
            self._say(200, {"object": "list", "data": [{"id": "tiny", "object": "model", "owned_by": "library"}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self._is_known():
            message = {"role": "assistant", "content": "Fine."}
            self._say(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    def _is_known(self) -> bool:
        if self.headers["Authorization"] == f"Bearer {KEY}":
            return True
        self._say(401, {"error": {"message": "Invalid API Key", "type": "authentication_error", "code": 401}})
        return False

    def _say(self, status: int, told: Any) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_: Any) -> None:
        pass


class OpenEndpoint(Endpoint):
    is_open = True


@contextmanager
def serving(handler: type[Endpoint]) -> Iterator[str]:
    """Gives the address of an endpoint that answers from threads."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Nono:
    """A running Nono and what it says of its model."""

    def __init__(self, data: Path, **variables: str) -> None:
        self._environment = {
            **os.environ,
            **OPERATOR,
            **variables,
            "NONO_DATA_DIR": str(data),
            "NONO_ACCESS": "private",
            "REDIS_URL": "",
        }
        self._server = Server(data, **variables)
        self._server.start()
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def at_the_start(self) -> str:
        """Returns the line below the one that names the model, of the lines that follow the first."""
        output = self._server._process and self._server._process.stdout
        assert output
        said = [output.readline().rstrip("\n") for _ in range(5)]
        assert said[3].startswith("  Voice   the model ")
        return said[4].strip()

    def health(self) -> dict[str, Any]:
        return dict(json.loads(self._get("/health")))

    def doctor(self, *options: str) -> tuple[int, str]:
        done = self._manage("nono_doctor", *options)
        assert done.stderr == ""
        return done.returncode, done.stdout

    def sign_in(self) -> None:
        assert self._manage("createsuperuser", "--noinput", "--email", "olga@example.org").returncode == 0
        page = self._get("/admin/login/?next=/admin/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        fields = {
            "csrfmiddlewaretoken": token[1],
            "username": OPERATOR["DJANGO_SUPERUSER_USERNAME"],
            "password": OPERATOR["DJANGO_SUPERUSER_PASSWORD"],
            "next": "/admin/",
        }
        request = urllib.request.Request(
            f"{self._server.address}/admin/login/",
            urllib.parse.urlencode(fields).encode(),
            {"Origin": self._server.address, "Referer": f"{self._server.address}/admin/login/"},
        )
        self._browser.open(request, timeout=20).close()

    def admin(self) -> str:
        """Returns what the first page says, without markup."""
        return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", self._get("/admin/")).split()))

    def ask(self) -> int:
        """Has a visitor say something, and returns the status of the answer."""
        self._post("/api/session/create", user_id="Ann")
        return self._post("/api/chat", user_id="Ann", message="hello")

    def _get(self, path: str) -> str:
        with self._browser.open(f"{self._server.address}{path}", timeout=20) as answer:
            return str(answer.read().decode())

    def _post(self, path: str, **fields: str) -> int:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._server.address}{path}", json.dumps(fields).encode(), headers)
        try:
            with self._browser.open(request, timeout=50) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    def _manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=PROJECT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )


@pytest.fixture(params=["nobody listens", "no /v1", "unknown model", "wrong key", "all is well"])
def case(request: pytest.FixtureRequest) -> Iterator[tuple[dict[str, str], bool, str]]:
    """Gives settings, whether they work, and the sentence that is true of them."""
    with serving(Endpoint) as root:
        right = {"LLM_BASE_URL": f"{root}/v1", "LLM_MODEL": "tiny", "LLM_API_KEY": KEY}
        yield {
            "nobody listens": (
                right | {"LLM_BASE_URL": "http://127.0.0.1:1/v1"},
                False,
                "The model endpoint cannot be reached: check LLM_BASE_URL, and that its server runs.",
            ),
            "no /v1": (
                right | {"LLM_BASE_URL": root},
                False,
                "LLM_BASE_URL lacks /v1: the model endpoint answers below that.",
            ),
            "unknown model": (
                right | {"LLM_MODEL": "nonesuch"},
                False,
                "The model endpoint does not list this model: check LLM_MODEL.",
            ),
            "wrong key": (right | {"LLM_API_KEY": "sk-wrong"}, False, REFUSED),
            "all is well": (right, True, LISTED),
        }[request.param]


def test_all_four_places_say_the_same(case: tuple[dict[str, str], bool, str], tmp_path: Path) -> None:
    variables, works, sentence = case
    with Nono(tmp_path, **variables) as nono:
        assert nono.at_the_start() == sentence
        assert_all_say(nono, sentence, works=works, variables=variables)


def test_a_wrong_key_that_the_list_does_not_tell_is_told_after_the_first_reply(tmp_path: Path) -> None:
    with serving(OpenEndpoint) as root:
        variables = {"LLM_BASE_URL": f"{root}/v1", "LLM_MODEL": "tiny", "LLM_API_KEY": "sk-wrong"}
        with Nono(tmp_path, **variables) as nono:
            assert nono.at_the_start() == LISTED
            assert nono.health()["model"][0]["key_accepted"] is None
            assert nono.ask() == 502
            assert_all_say(nono, REFUSED, works=False, variables=variables)


def assert_all_say(nono: Nono, sentence: str, *, works: bool, variables: dict[str, str]) -> None:
    told = nono.health()
    assert (told["status"], told["llm"]) == (("healthy", True) if works else ("degraded", False))
    assert [one["sentence"] for one in told["model"]] == [sentence]

    status, report = nono.doctor()
    assert status == (0 if works else 1), report
    place = f"{variables['LLM_MODEL']} at {variables['LLM_BASE_URL']}"
    assert f"{'ok' if works else 'error':<8} {place}: {sentence}\n" in report
    status, report = nono.doctor("--json")
    assert (status, json.loads(report)["healthy"]) == ((0, True) if works else (1, False))
    assert sentence in json.loads(report)["findings"][-1]["what"]

    nono.sign_in()
    attention = "" if works else "Needs attention "
    page = nono.admin()
    assert f"Model {place} {attention}{sentence} " in page

    for said in (json.dumps(told), report, page):
        assert variables["LLM_API_KEY"] not in said
