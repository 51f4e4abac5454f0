"""Starts the servers that others wrote, each a process of its own on loopback, and waits until they answer."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.scripted_endpoint import KEY

PYTHON = os.environ.get("MODEL_PYTHON", "")
"""The Python of the environment that holds the servers and OpenAI's client."""

HERE = Path(__file__).parent
START = 120.0
"""Seconds that a server may take to its first answer; LiteLLM takes up to 20 on two cores."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def write_model(path: Path, kind: str) -> Path:
    """Writes a model that ``talks`` or ``thinks`` (tiny_model.py)."""
    subprocess.run([PYTHON, HERE / "tiny_model.py", path, kind], check=True)
    return path


@contextmanager
def llama_cpp(
    model: Path, *, context: int = 8192, template: Path | None = None, answers: Sequence[int] = (200,)
) -> Iterator[str]:
    """Runs llama.cpp's server and gives its base URL once it answers with one of the statuses ``answers``."""
    words = ["--model", model, "--alias", "tiny", "--ctx-size", context, "--api-key", KEY]
    words += ["--chat-template-file", template] if template else []
    with _running([PYTHON, HERE / "llama_server.py", *words], model.parent, answers) as base_url:
        yield base_url


@contextmanager
def litellm(config: Path) -> Iterator[str]:
    """Runs the LiteLLM proxy and gives its base URL."""
    program = Path(PYTHON).with_name("litellm")
    words = ["--config", config, "--host", "127.0.0.1", "--telemetry", "False"]
    with _running([program, *words], config.parent, (200,)) as base_url:
        yield base_url


@contextmanager
def _running(words: Sequence[object], folder: Path, answers: Sequence[int]) -> Iterator[str]:
    port = free_port()
    base_url, log = f"http://127.0.0.1:{port}/v1", folder / f"{port}.log"
    # Nothing of the machine's settings, no .env, no price list from the network.
    alone = {"PATH": os.environ["PATH"], "HOME": str(folder), "NO_PROXY": "*"}
    alone |= {"LITELLM_MODE": "PRODUCTION", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*map(str, words), "--port", str(port)],
            cwd=folder,
            env=alone,
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
        )
    try:
        _wait_for(f"{base_url}/models", answers, process, log)
        yield base_url
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdin
        process.stdin.close()


def _wait_for(address: str, answers: Sequence[int], process: subprocess.Popen[bytes], log: Path) -> None:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {KEY}"})
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        if _status(request) in answers:
            return
        time.sleep(0.1)
    pytest.fail(f"{address} did not answer:\n{log.read_text(errors='replace')[-4000:]}")


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
