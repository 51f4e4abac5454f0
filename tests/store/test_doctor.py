"""The doctor, the self-check at the start and /health, on a store that is set wrongly or damaged."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings
from redis.exceptions import ResponseError

from chat_app.responders import last_reply, probe, targets
from nono import private_redis, store
from nono.environment import PROJECT, Environment
from nono.errors import StoreUnavailable
from nono.store import health as store_health
from nono.store import operations
from nono.web import health
from sessions_app import doctor
from sessions_app.manager import SessionManager
from tests.support.corruptions import DAMAGES, dump, early, everyday_chat, stale

SETTINGS = ("maxmemory", "maxmemory-policy", "appendfsync", "appendonly", "save")


@pytest.fixture
def server(raw: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """The test's store, to be set wrongly: it gets its settings and permissions back."""
    before = {name: str(raw.config_get(name)[name]) for name in SETTINGS}
    monkeypatch.setattr(health, "known", health.KnownErrors())
    raw.config_resetstat()
    yield raw
    raw.acl_setuser("default", enabled=True, categories=["+@all"])
    for name, value in before.items():
        raw.config_set(name, value)


@pytest.fixture
def away(raw: redis.Redis, settings: Settings) -> None:
    """A store that is not where it is said to be."""
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
    settings.CACHES = deepcopy(settings.CACHES)
    settings.CACHES["chat"]["LOCATION"] = settings.REDIS_URL


def forbid(server: redis.Redis, *commands: str) -> None:
    server.acl_setuser("default", enabled=True, commands=[f"-{name}" for name in commands])


def said(level: str) -> str:
    return "\n".join(f"{one.what} {one.advice}" for one in store_health.findings() if one.level == level)


def run_doctor(*options: str) -> tuple[int, str]:
    out, status = StringIO(), 0
    try:
        call_command("nono_doctor", *options, stdout=out)
    except SystemExit as end:
        status = int(str(end.code))
    return status, out.getvalue()


def test_the_private_store_and_a_chat_of_everyday_use_are_in_order(sessions: SessionManager) -> None:
    sessions.create_session("Ann")
    status, report = run_doctor()
    assert status == 0
    assert {line.split()[0] for line in report.splitlines()} == {"ok"}
    assert re.search(r"The store answers: (Valkey|Redis) [\d.]+ at unix://", report)
    assert "It takes writes and runs scripts." in report
    assert "noeviction" in report
    assert "An acknowledged message survives a crash of the store (appendfsync always)." in report
    assert "Every chat has its clock and its place in the list (6 keys and entries looked at)." in report
    assert store_health.warnings() == []


@pytest.mark.parametrize(
    "damage", [damage for damage, kinds in DAMAGES if not {"stale entry", "early entry"} & kinds.keys()]
)
def test_damage_is_said_mended_when_asked_and_then_gone(
    damage: Callable[[redis.Redis], None], sessions: SessionManager, raw: redis.Redis
) -> None:
    everyday_chat(sessions, raw)
    damage(raw)
    before = dump(raw)

    status, report = run_doctor()
    assert status == 1
    assert re.search(r"^error .*: \d+\.\n +nono_doctor --fix .*\.$", report, re.MULTILINE)
    assert dump(raw) == before

    status, report = run_doctor("--fix")
    assert status == 0
    assert re.search(r"^ok .*: \d+, mended\.$", report, re.MULTILINE)

    status, report = run_doctor()
    assert status == 0
    assert "Every chat has its clock" in report


def test_an_entry_whose_session_was_dropped_is_a_warning(raw: redis.Redis) -> None:
    early(raw)
    raw.expire("session_index", 100)
    raw.expire("session_recency", 100)
    status, report = run_doctor()
    assert status == 0
    assert "warning  Entries of the list whose session went before its time: 2." in report


def test_an_entry_whose_session_has_died_on_time_is_no_finding(raw: redis.Redis) -> None:
    stale(raw)
    raw.expire("session_index", 100)
    raw.expire("session_recency", 100)
    assert "Every chat has its clock" in run_doctor()[1]


def test_json_has_every_finding_and_the_verdict(raw: redis.Redis) -> None:
    raw.set("session:Odd", "a string", ex=100)
    status, report = run_doctor("--json")
    told = json.loads(report)
    assert (status, told["healthy"]) == (1, False)
    assert {one["level"] for one in told["findings"]} == {"ok", "error"}
    assert told["findings"][-1] == {
        "level": "error",
        "what": "Sessions that cannot be read: 1.",
        "advice": "nono_doctor --fix removes them.",
    }


def test_a_store_that_drops_chats_is_an_error(server: redis.Redis) -> None:
    server.config_set("maxmemory", "100mb")
    server.config_set("maxmemory-policy", "allkeys-lru")
    assert "silently drops chats when its memory is full (maxmemory-policy allkeys-lru)" in said("error")
    assert "Set maxmemory-policy noeviction" in "".join(store_health.warnings())
    assert run_doctor()[0] == 1


def test_a_dropping_policy_without_a_limit_is_a_warning(server: redis.Redis) -> None:
    server.config_set("maxmemory-policy", "volatile-ttl")
    assert "given one, it would silently drop chats (maxmemory-policy volatile-ttl)" in said("warning")
    assert said("error") == ""


def test_what_was_dropped_before_is_said(server: redis.Redis) -> None:
    server.config_set("maxmemory-policy", "allkeys-random")
    server.set("something", "x" * 1000)
    server.config_set("maxmemory", 1)
    deadline = time.monotonic() + 10
    while not int(server.info()["evicted_keys"]) and time.monotonic() < deadline:
        server.ping()
    server.config_set("maxmemory", 0)
    assert re.search(r"has dropped \d+ keys to make room", said("warning"))


def test_a_store_that_is_nearly_full_is_a_warning() -> None:
    full = {"maxmemory_policy": "noeviction", "maxmemory": "1000", "used_memory": "951"}
    assert [one.what for one in store_health.check_eviction(full) if one.level == "warning"] == [
        "Its memory is 95% full; at 100% new messages are refused."
    ]


def test_a_full_store_is_an_error(server: redis.Redis) -> None:
    server.config_set("maxmemory", 1)
    assert "no message can be kept: command not allowed when used memory > 'maxmemory'" in said("error")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"appendfsync": "everysec"}, "A crash can lose the last seconds of acknowledged messages"),
        ({"appendfsync": "no"}, "A crash of its machine can lose half a minute"),
        ({"appendonly": "no", "save": "60 1"}, "all messages since the last snapshot (appendonly no, save 60 1)"),
        ({"appendonly": "no", "save": ""}, "Every chat is lost when the store stops"),
    ],
)
def test_what_a_crash_costs_is_said(server: redis.Redis, wrong: dict[str, str], sentence: str) -> None:
    for name, value in wrong.items():
        server.config_set(name, value)
    assert sentence in said("warning")
    assert said("error") == ""


def test_a_hosted_server_that_forbids_its_settings_is_not_crashed_on(server: redis.Redis) -> None:
    forbid(server, "config")
    assert "it cannot be told how much of it a crash loses" in said("warning")
    forbid(server, "info")
    assert "cannot be told whether it drops chats" in said("warning")
    assert "cannot be told what a crash of the store loses" in said("warning")
    assert "The store answers at unix://" in said("ok")
    assert said("error") == ""


def test_a_server_that_forbids_scripts_is_an_error_and_the_examination_says_where_it_ended(
    server: redis.Redis,
) -> None:
    server.set("session:Ann", "x", ex=100)
    forbid(server, "eval", "evalsha")
    status, report = run_doctor()
    assert status == 1
    assert "no message can be kept: User default has no permissions to run the 'evalsha' command" in report
    assert "The chats could not be looked at to the end" in report


def test_a_store_that_is_away_gets_its_sentence_and_never_shows_the_password(away: None) -> None:
    status, report = run_doctor("--fix")
    assert status == 1
    assert report.startswith("error    The store at redis://127.0.0.1:1/0 cannot be used: Error 111 ")
    assert "Connection refused.\n" in report
    assert len(report.splitlines()) == 2
    assert "hunter2" not in report


def test_a_model_that_does_not_work_is_an_error_also_while_the_store_is_away(away: None, settings: Settings) -> None:
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://olga:hidden@127.0.0.1:1/v1", "tiny"
    status, report = run_doctor()
    assert status == 1
    assert report.splitlines()[-1] == (
        "error    tiny at http://127.0.0.1:1/v1: "
        "The model endpoint cannot be reached: check LLM_BASE_URL, and that its server runs."
    )


@pytest.mark.parametrize(("status", "level", "ends_with"), [(403, "warning", 0), (500, "error", 1)])
def test_a_model_of_which_nothing_is_known_is_a_warning(
    sessions: SessionManager,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    level: str,
    ends_with: int,
) -> None:
    async def ask(*_: Any) -> probe._Answer:
        return probe._Answer(status)

    monkeypatch.setattr(probe, "_ask", ask)
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:1/v1", "tiny"
    ended, report = run_doctor("--json")
    told = json.loads(report)
    assert (ended, told["healthy"]) == (ends_with, not ends_with)
    assert told["findings"][-1]["level"] == level


def test_what_the_web_process_learned_of_an_endpoint_is_said(raw: redis.Redis, settings: Settings) -> None:
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:1/v1", "gpt-5"
    (target,) = targets.targets()
    learned = ["is asked with max_completion_tokens in place of max_tokens", "is asked without temperature"]
    kept = {"reason": "", "at": 1, "whole_at": 1, "standing": "", "adaptations": learned}
    raw.set(f"endpoint:{last_reply.mark_of(target)}", json.dumps(kept), ex=60)
    _, report = run_doctor()
    assert report.splitlines()[-2:] == [
        "ok       gpt-5 is asked with max_completion_tokens in place of max_tokens.",
        "ok       gpt-5 is asked without temperature.",
    ]


def test_a_store_in_memory_is_a_warning_that_the_start_has_given_already(settings: Settings) -> None:
    settings.REDIS_URL = private_redis.IN_MEMORY_URL
    assert doctor.examine() == [store_health.IN_MEMORY]
    assert store_health.warnings() == []


def test_the_reason_is_the_drivers_own_words_or_ours() -> None:
    unavailable = StoreUnavailable("The store did not answer in time.")
    assert store_health.reason_of(unavailable) == "The store did not answer in time"
    unavailable.__cause__ = ResponseError("MISCONF Errors writing to the AOF file: No space left on device. More.")
    assert store_health.reason_of(unavailable) == "MISCONF Errors writing to the AOF file: No space left on device"


def test_health_is_degraded_where_the_store_would_drop_chats(api: Client, server: redis.Redis) -> None:
    server.config_set("maxmemory", "100mb")
    server.config_set("maxmemory-policy", "allkeys-lru")
    answer = api.get("/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["redis"]) == (200, "degraded", True)


def test_health_is_degraded_where_the_store_takes_no_writes(api: Client, server: redis.Redis) -> None:
    server.config_set("maxmemory", 1)
    answer = api.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


def test_health_asks_no_more_than_once_in_a_while(
    api: Client, server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api.get("/health").json()["status"] == "healthy"
    server.config_set("maxmemory", 1)
    assert api.get("/health").json()["status"] == "healthy"
    monkeypatch.setattr(health.known, "_old_at", 0.0)
    assert api.get("/health").json()["status"] == "degraded"


def test_health_logs_what_is_wrong_once(api: Client, server: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(health.logger, "error", lambda text, *parts: logged.append(text % parts))
    monkeypatch.setattr(health, "CHECKED_FOR", 0.0)
    server.config_set("maxmemory", 1)
    for _ in range(3):
        api.get("/health")
    assert len(logged) == 1
    assert logged[0].startswith("It does not take writes from scripts")


def test_health_is_healthy_where_a_hosted_server_tells_nothing(api: Client, server: redis.Redis) -> None:
    forbid(server, "config", "info")
    assert api.get("/health").json()["status"] == "healthy"


def test_health_is_unhealthy_within_3_s_where_the_store_is_away(api: Client, away: None) -> None:
    since = time.monotonic()
    answer = api.get("/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["redis"]) == (503, "unhealthy", False)
    assert time.monotonic() - since < 3


def test_what_the_probe_writes_is_gone_at_once(raw: redis.Redis) -> None:
    assert store.run(operations.probe()) is True
    assert raw.dbsize() == 0


@pytest.mark.redis
@pytest.mark.slow
def test_a_start_on_a_store_that_is_set_wrongly_warns_and_serves(tmp_path: Path) -> None:
    socket = tmp_path / "other.sock"
    wrong = ("--port 0 --appendonly no --maxmemory 100mb --maxmemory-policy allkeys-lru --unixsocket").split()
    bare: dict[str, Any] = {name: value for name, value in os.environ.items() if name not in Environment.model_fields}
    with subprocess.Popen(
        ["redis-server", *wrong, str(socket), "--save", ""], cwd=tmp_path, stdout=subprocess.DEVNULL
    ) as other:
        nono = subprocess.Popen(
            [sys.executable, "-m", "nono.server"],
            cwd=PROJECT,
            env=bare | {"PORT": "0", "NONO_DATA_DIR": str(tmp_path / "data"), "REDIS_URL": f"unix://{socket}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert nono.stdout
        assert nono.stdout.readline().startswith("Nono is ready at")
        nono.terminate()
        _, errors = nono.communicate(timeout=20)
        other.terminate()
    assert errors.splitlines() == [
        "Warning: It silently drops chats when its memory is full (maxmemory-policy allkeys-lru). "
        "Set maxmemory-policy noeviction: then a full store refuses new messages, and says so.",
        "Warning: Every chat is lost when the store stops (appendonly no, and no snapshots). "
        "Set appendonly yes and appendfsync always, if no acknowledged message may be lost.",
    ]


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_who_would_change_something_by_a_probe_is_told_off(api: Client, server: redis.Redis, path: str) -> None:
    assert api.head(path).status_code == 200
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    refused = strict.post(path)
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")
