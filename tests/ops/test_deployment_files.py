"""The unit, the store's configuration, the image and the composition that are shipped: they fit what Nono is.

No container is built here: what the image is made of is put together by the lines of the Dockerfile, and run.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import redis
import yaml
from dotenv import dotenv_values

from nono.environment import PROJECT, Environment
from nono.server.bootstrap import MANY_FILES
from nono.server.daphne_server import GRACE
from tests.faults.redis_server import OwnRedis
from tests.ops.test_checks import Manage, manage
from tests.support.server import Server

__all__ = ["manage"]

DEPLOY = PROJECT / "deploy"
CONF = DEPLOY / "redis.conf"
PRODUCTION = DEPLOY / "production.env.example"
NAME = "chat.example.org"


def directives(unit: str) -> dict[str, list[str]]:
    """Reads a unit's lines, of which there may be several of one name."""
    found: dict[str, list[str]] = {}
    for line in unit.splitlines():
        name, separator, value = line.partition("=")
        if separator and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


@pytest.fixture(scope="module")
def unit() -> dict[str, list[str]]:
    return directives((DEPLOY / "nono.service").read_text())


def test_the_unit_lets_replies_end_and_the_store_outlive_them(unit: dict[str, list[str]]) -> None:
    assert unit["KillSignal"] == ["SIGTERM"]
    assert unit["KillMode"] == ["mixed"]
    assert int(unit["TimeoutStopSec"][0]) > GRACE
    assert int(unit["LimitNOFILE"][0]) >= MANY_FILES


def test_the_unit_sets_what_are_settings(unit: dict[str, list[str]]) -> None:
    variables = {pair.partition("=")[0] for line in unit["Environment"] for pair in line.split()}

    assert {name for name in variables if not name.startswith("PYTHON")} <= known()


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    text = (DEPLOY / "nono.service").read_text().replace("/srv/nono/.venv/bin/python", sys.executable)
    (tmp_path / "nono.service").write_text(text.replace("/srv/nono", str(PROJECT)))

    verified = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "nono.service"], capture_output=True, text=True, check=False
    )

    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    """A redis-server that reads the shipped file first; only where it listens and keeps its files is said besides."""
    server = OwnRedis(file=CONF)
    server.start()
    yield server
    server.close()


@pytest.mark.redis
@pytest.mark.slow
def test_the_doctor_finds_nothing_wrong_with_the_shipped_store(own_redis: OwnRedis, manage: Manage) -> None:
    examined = manage("nono_doctor", "--json", REDIS_URL=own_redis.url)

    told = json.loads(examined.stdout)
    assert [finding for finding in told["findings"] if finding["level"] != "ok"] == []
    assert told["healthy"]
    assert any("appendfsync always" in finding["what"] for finding in told["findings"])


@pytest.mark.redis
def test_the_shipped_store_keeps_no_snapshot_and_no_list_of_slow_commands(own_redis: OwnRedis) -> None:
    with own_redis.client() as client:
        client.set("words", "x")
        assert client.config_get("save")["save"] == ""
        assert client.slowlog_get() == []
    assert not list(own_redis.folder.glob("*.rdb"))


@pytest.mark.redis
def test_without_that_line_the_list_of_slow_commands_quotes_words() -> None:
    server = OwnRedis("--slowlog-log-slower-than", "0")
    server.start()
    with server.client() as client:
        client.set("words", "nobody's business")
        assert "nobody's business" in str(client.slowlog_get())
    server.close()


def known() -> set[str]:
    return {"NONO_ENV_FILE", *Environment.model_fields}


def instructions() -> list[tuple[str, str]]:
    """Returns the Dockerfile's instructions, each on one line."""
    text = re.sub(r"^#.*\n", "", (PROJECT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(name, rest.strip()) for line in text.splitlines() if line for name, _, rest in [line.partition(" ")]]


def last(name: str) -> str:
    return [rest for instruction, rest in instructions() if instruction == name][-1]


def variables_of_the_image() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in last("ENV").split())


def ignored() -> Any:
    """Returns what of a folder stays out of the image, as ``shutil.copytree`` takes it."""
    everywhere = [line.removeprefix("**/") for line in dockerignore() if line.startswith("**/")]
    return shutil.ignore_patterns(*everywhere)


def dockerignore() -> list[str]:
    return [line for line in (PROJECT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]


def copied() -> Iterator[tuple[str, str]]:
    for name, rest in instructions():
        if name == "COPY" and not rest.startswith("--from"):
            source, target = rest.split()
            yield source, target


def test_the_image_copies_what_there_is_and_is_let_through() -> None:
    let_through = {line.removeprefix("!") for line in dockerignore() if line.startswith("!")}

    assert dockerignore()[0] == "*"
    assert let_through == {source for source, _ in copied()}
    assert all((PROJECT / source).exists() for source in let_through)
    assert not any(fnmatch(secret, one) for secret in (".env", "var", ".git") for one in let_through)


def test_the_image_sets_what_are_settings_and_is_nobody_in_particular() -> None:
    ours = {name for name in variables_of_the_image() if name != "PATH" and not name.startswith("PYTHON")}

    assert ours <= known()
    assert last("USER") not in {"root", "0"}
    assert last("VOLUME") == variables_of_the_image()["NONO_DATA_DIR"]
    assert last("EXPOSE") == variables_of_the_image()["PORT"]
    assert "--require-hashes" in instructions()[2][1]


@pytest.mark.slow
def test_what_is_in_the_image_serves_says_so_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image, data = tmp_path / "image", tmp_path / "data"
    data.mkdir()
    for source, target in copied():
        if (PROJECT / source).is_dir():
            shutil.copytree(PROJECT / source, image / target, ignore=ignored())
        elif target.endswith("/"):
            (image / target).mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / source, image / target)
    program = json.loads(last("CMD"))
    healthy = json.loads(last("HEALTHCHECK").partition(" CMD ")[2])
    assert (program[:2], healthy[0]) == (["python", "-m"], "python")
    monkeypatch.setattr("tests.support.server.PROJECT", image)
    server = Server(data, program[2:], NONO_ENV_FILE=os.devnull, ALLOWED_HOSTS=NAME)
    server.start()
    asking = {**os.environ, "PORT": server.address.rpartition(":")[2], "ALLOWED_HOSTS": NAME}

    def is_healthy(**variables: str) -> bool:
        command = [sys.executable, *healthy[1:]]
        return subprocess.run(command, cwd=image, env=asking | variables, check=False).returncode == 0

    page = urlopen(Request(server.address, headers={"Host": NAME, "Accept-Language": "de"}))
    assert 'lang="de"' in page.read().decode()
    assert is_healthy()
    assert not is_healthy(ALLOWED_HOSTS="not.its.own")
    assert server.stop() == 0
    assert not is_healthy()


@pytest.fixture(scope="module")
def composition() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())
    return read


def test_the_composition_fits_the_image_and_the_store(composition: dict[str, Any]) -> None:
    nono, store = composition["services"]["nono"], composition["services"]["store"]

    assert set(nono["environment"]) <= known()
    assert nono["environment"]["NONO_DATA_DIR"] == variables_of_the_image()["NONO_DATA_DIR"]
    assert nono["environment"]["REDIS_URL"] == "redis://store:6379/0"
    assert f"nono:{last('VOLUME')}" in nono["volumes"]
    assert nono["ports"] == [f"127.0.0.1:{last('EXPOSE')}:{nono['environment']['PORT']}"]
    assert int(nono["stop_grace_period"].removesuffix("s")) > GRACE
    assert "ports" not in store
    assert composition["networks"]["store"] == {"internal": True}
    mounted = [one.split(":")[:2] for one in store["volumes"] if one.startswith("./")]
    assert [(PROJECT / source).exists() for source, _ in mounted] == [True]
    assert mounted[0][1] in store["command"]
    for service in (nono, store):
        for volume in service["volumes"]:
            assert volume.startswith("./") or volume.partition(":")[0] in composition["volumes"]


@pytest.mark.slow
def test_the_check_has_nothing_to_say_of_the_composition(composition: dict[str, Any], manage: Manage) -> None:
    variables = {name: value for name, value in dotenv_values(PRODUCTION).items() if value}
    variables |= composition["services"]["nono"]["environment"] | {"SECRET_KEY": "k3y-0f-0nes-own/" * 4}
    del variables["NONO_DATA_DIR"]  # which is in the container

    checked = manage("check", "--deploy", "--fail-level=WARNING", NONO_ENV_FILE=os.devnull, **variables)

    assert checked.returncode == 0, checked.stderr
    assert "(0 silenced)" in checked.stdout


@pytest.mark.redis
def test_the_composition_starts_the_store_with_options_that_there_are(composition: dict[str, Any]) -> None:
    _, conf, *options = composition["services"]["store"]["command"]
    assert Path(conf).name == "redis.conf"
    server = OwnRedis(*options[2:], file=CONF)  # all but the address

    server.start()
    with server.client() as client:
        assert isinstance(client, redis.Redis)
        assert client.config_get("protected-mode") == {"protected-mode": "no"}
    server.close()
