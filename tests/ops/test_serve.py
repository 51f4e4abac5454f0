"""``python -m nono.server`` as a newcomer meets it: a real process on a real port."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nono.environment import PROJECT, Environment

pytestmark = pytest.mark.slow

Serve = Callable[..., "Served"]


class Served:
    """A started process, and what it has said."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        bare = {name: value for name, value in os.environ.items() if name not in Environment.model_fields}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nono.server", *arguments],
            cwd=PROJECT,
            env=bare | {"PORT": "0"} | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._said: list[str] = []

    def address(self) -> str:
        """Waits for the word that it is ready."""
        assert self.process.stdout
        self._said = [self.process.stdout.readline() for _ in range(6)]
        ready = re.match(r"Nono is ready at (http://\S+:\d+/).*  \(Ctrl-C stops it\)\n", self._said[0])
        assert ready, self._said[0] + self.end()[1]
        return ready[1]

    def stop(self, number: signal.Signals) -> tuple[int, str, str]:
        """Sends the signal; returns exit status, output and errors."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=20)
        return self.process.returncode, "".join(self._said) + output, errors

    def end(self) -> tuple[int, str]:
        """Waits for the end; returns exit status and errors."""
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that the tests of this file share, so that only the first start is a first start."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture
def serve(data: Path) -> Iterator[Serve]:
    """Starts Nono on any free port; ends it after the test if the test has not."""
    started: list[Served] = []

    def start(*arguments: str, **variables: str) -> Served:
        started.append(Served(*arguments, **{"NONO_DATA_DIR": str(data)} | variables))
        return started[-1]

    yield start
    for served in started:
        if served.process.poll() is None:
            served.stop(signal.SIGTERM)


def test_it_answers_once_it_says_that_it_is_ready(serve: Serve) -> None:
    nono = serve()

    address = nono.address()
    with urllib.request.urlopen(address + "admin/login/") as page:
        assert page.status == 200
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "same-origin"
        stylesheet = re.search(r'href="/(static/admin/css/base\.[0-9a-f]{12}\.css)"', page.read().decode())
    assert stylesheet
    with urllib.request.urlopen(address) as page:
        assert page.headers["Referrer-Policy"] == "no-referrer"
    with urllib.request.urlopen(address + stylesheet[1]) as styles:
        assert "immutable" in styles.headers["Cache-Control"]


def test_it_says_what_it_keeps_where_and_who_answers(serve: Serve, data: Path) -> None:
    nono = serve()
    nono.address()

    _, said, _ = nono.stop(signal.SIGINT)

    assert f"Data    {data}\n" in said
    assert re.search(r"Store   (Valkey|Redis) [\d.]+, private, unix://", said)
    assert "Chats   private: each browser sees its own\n" in said
    assert "Voice   offline" in said
    assert "Admin   nobody can sign in at /admin/ yet: make createadmin" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(number: signal.Signals, serve: Serve) -> None:
    nono = serve()
    nono.address()

    status, said, errors = nono.stop(number)

    assert (status, errors) == (0, "")
    assert said.endswith("Nono has stopped.\n")


def test_a_second_start_finds_everything_prepared(serve: Serve, data: Path) -> None:
    nono = serve()
    nono.address()
    nono.stop(signal.SIGINT)
    collected = (data / "static" / "staticfiles.json").stat().st_mtime_ns
    since = time.monotonic()

    serve().address()

    assert time.monotonic() - since < 10
    assert (data / "static" / "staticfiles.json").stat().st_mtime_ns == collected


def test_at_home_chats_are_shared_unless_the_environment_says_otherwise(serve: Serve) -> None:
    shared = serve("--share-at-home")
    shared.address()
    private = serve("--share-at-home", NONO_ACCESS="private")
    private.address()

    assert "Chats   shared" in shared.stop(signal.SIGINT)[1]
    assert "Chats   private" in private.stop(signal.SIGINT)[1]


def test_a_busy_port_gets_one_sentence(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        status, errors = serve(PORT=str(port)).end()

    assert status == 1
    assert errors.startswith(f"Port {port} on 127.0.0.1 is busy: another program listens there.")
    assert errors.count("\n") == 1


def test_a_data_folder_that_cannot_be_written_gets_one_sentence(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    status, errors = serve(NONO_DATA_DIR=str(tmp_path / "file")).end()

    assert status == 1
    assert errors.startswith(f"NONO_DATA_DIR is '{tmp_path}/file', and Nono cannot write there")
    assert errors.count("\n") == 1


def test_an_address_of_another_machine_gets_one_sentence(serve: Serve) -> None:
    status, errors = serve(HOST="192.0.2.1").end()

    assert status == 1
    assert errors == "HOST is '192.0.2.1': this machine has no such address to listen on.\n"


def test_a_wrong_setting_gets_its_line(serve: Serve) -> None:
    status, errors = serve(NONO_ACCESS="open").end()

    assert status == 1
    assert errors.splitlines() == [
        "Nono cannot start with these settings:",
        "  NONO_ACCESS is 'open': it must be shared or private.",
    ]


def test_a_missing_package_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "django.py").write_text("raise ModuleNotFoundError(\"No module named 'django'\", name='django')")

    status, errors = Served(NONO_DATA_DIR=str(tmp_path / "data"), PYTHONPATH=str(tmp_path)).end()

    assert status == 1
    assert errors == "The Python package 'django' is missing: run `make install`.\n"


def test_a_store_that_does_not_answer_is_said_and_does_not_keep_nono_from_serving(serve: Serve) -> None:
    nono = serve(REDIS_URL="redis://:hunter2@127.0.0.1:1/0")
    nono.address()

    _, said, errors = nono.stop(signal.SIGINT)

    assert "Store   redis://127.0.0.1:1/0 (does not answer now" in said
    assert "hunter2" not in said + errors
