"""Counts: cheap where they are made, added once however often they are sent, and read by a stock Prometheus parser."""

import asyncio
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import redis
import websockets
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from nono import store
from nono.errors import StoreUnavailable
from nono.metrics import counters
from nono.metrics.counters import LONG_AGO, MINUTES_KEPT, Buffer
from nono.metrics.definitions import METERS
from nono.metrics.flusher import MetricsFlusher
from nono.metrics.quantiles import quantile
from nono.store import operations
from nono.store.operations import Batch
from sessions_app.manager import SessionManager
from tests.support.server import Server

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
TOKEN = "a-token-of-some-length"


@pytest.fixture
def counted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Buffer:
    """Counting is on, and nothing is counted yet."""
    settings.NONO_METRICS = True
    monkeypatch.setattr(counters, "buffer", Buffer())
    return counters.buffer


@pytest.fixture
def keeper(counted: Buffer, raw: redis.Redis) -> MetricsFlusher:
    return MetricsFlusher()


def sums(taken: Mapping[int, Mapping[str, int]]) -> dict[str, int]:
    fields = {field for amounts in taken.values() for field in amounts}
    return {field: sum(amounts.get(field, 0) for amounts in taken.values()) for field in fields}


def totals() -> dict[str, int]:
    """What the store has, without what the questions to it took."""
    found = store.run(operations.figures()).totals
    return {field: amount for field, amount in found.items() if not field.startswith("store_")}


def samples_of(text: str) -> Samples:
    """What a stock parser reads, by name and labels; each may be there once."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def scrape(client: Client, **headers: Any) -> Samples:
    answer = client.get("/metrics", **headers)
    assert answer.status_code == 200, answer.content
    return samples_of(answer.content.decode())


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


# Counting


def test_counts_add_up_by_what_they_are(counted: Buffer) -> None:
    counters.count("messages")
    counters.count("messages", 2)
    counters.count("safety", language="en", level="crisis")
    counters.observe("first_token_seconds", 0.2)
    counters.observe("first_token_seconds", 1000)
    assert sums(counted.take()) == {
        "messages": 3,
        "safety|crisis|en": 1,
        "first_token_seconds|le|0.25": 1,
        "first_token_seconds|le|inf": 1,
        "first_token_seconds|us": 1_000_200_000,
    }
    assert not counted.take()


def test_what_is_not_known_is_said_in_the_log_and_never_raised(
    counted: Buffer, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        counters.count("mesages")  # type: ignore[arg-type]
        counters.count("replies", sate="done")
    assert not counted.take()
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == [
        "not counted: 'mesages' with the labels []",
        "not counted: 'replies' with the labels ['sate']",
    ]


def test_a_label_cannot_break_out_of_its_place(counted: Buffer) -> None:
    counters.count("limits_hit", policy='a|b"\n{}' + "x" * 100)
    (field,) = sums(counted.take())
    assert field.startswith("limits_hit|a_b____x")
    assert len(field) == len("limits_hit|") + 60


def test_nothing_is_counted_where_counting_is_off(counted: Buffer, settings: Settings) -> None:
    settings.NONO_METRICS = False
    counters.count("messages")
    counters.observe("reply_seconds", 1)
    assert not counted.take()


def test_threads_lose_nothing(counted: Buffer) -> None:
    def work() -> None:
        for _ in range(2000):
            counters.count("messages")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums(counted.take()) == {"messages": 8000}


def test_while_the_store_is_away_only_the_last_hour_is_told_apart(
    counted: Buffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in range(1000, 1000 + 5 * MINUTES_KEPT):
        monkeypatch.setattr(time, "time", lambda minute=minute: minute * 60)
        counters.count("messages")
    taken = counted.take()
    assert len(taken) == MINUTES_KEPT + 1
    assert taken[LONG_AGO] == {"messages": 4 * MINUTES_KEPT}
    assert sums(taken) == {"messages": 5 * MINUTES_KEPT}


# Bringing it to the store


def test_what_was_counted_is_brought_once(keeper: MetricsFlusher) -> None:
    counters.count("messages", 2)
    keeper.send()
    keeper.send()
    counters.count("messages")
    keeper.send()
    assert totals() == {"messages": 3}


def test_a_batch_whose_answer_was_lost_is_added_once(keeper: MetricsFlusher, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.run

    def lose_the_answer(operation: Any) -> Any:
        run(operation)
        raise StoreUnavailable("The answer was lost.")

    counters.count("messages")
    with monkeypatch.context() as patch:
        patch.setattr(store, "run", lose_the_answer)
        with pytest.raises(StoreUnavailable):
            keeper.send()
    assert totals() == {"messages": 1}
    counters.count("messages")
    keeper.send()
    assert totals() == {"messages": 2}


def test_what_the_store_was_away_for_comes_later(keeper: MetricsFlusher, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: Any) -> Any:
        raise StoreUnavailable("It is away.")

    with monkeypatch.context() as patch:
        patch.setattr(store, "run", away)
        for _ in range(3):
            counters.count("messages")
            with pytest.raises(StoreUnavailable):
                keeper.send()
    keeper.send()
    assert totals() == {"messages": 3}


def test_a_process_that_ends_takes_itself_out(keeper: MetricsFlusher, counted: Buffer) -> None:
    keeper.begin()
    keeper.send()
    assert len(store.run(operations.figures()).processes) == 1
    counters.count("messages")
    keeper.end()
    figures = store.run(operations.figures())
    assert (figures.processes, figures.totals["messages"]) == ({}, 1)


def test_a_process_that_was_killed_counts_no_longer_than_its_clock(keeper: MetricsFlusher, raw: redis.Redis) -> None:
    keeper.send()
    (field,) = (str(field) for field in raw.hkeys("counters_processes") if str(field).endswith("|seen"))
    raw.hincrby("counters_processes", field, -operations.ALIVE_MS)
    assert store.run(operations.figures()).processes == {}


def test_a_process_number_that_came_back_is_told_once(raw: redis.Redis) -> None:
    for start, tabs in ((1, 7), (2, 3)):
        told = {"sockets_open|chat": float(tabs)}
        store.run(operations.count(Batch(f"host:1:{start}", 1, {}, {int(time.time()) // 60: {}}, told)))
        time.sleep(0.002)
    processes = store.run(operations.figures()).processes
    assert [(name, told["sockets_open|chat"]) for name, told in processes.items()] == [("host:1", 3)]


def test_a_new_process_tidies_up_after_old_ones(raw: redis.Redis) -> None:
    raw.hset("counters_processes", mapping={"old:1:1|seen": 5, "old:1:1|batch": 9, "old:1:1|x": 1})
    store.run(operations.count(Batch("new:2:2", 1, {}, {1: {}}, {})))
    assert {str(field).split("|")[0] for field in raw.hkeys("counters_processes")} == {"new:2:2"}


def test_every_key_has_a_clock_that_the_doctor_knows(keeper: MetricsFlusher, raw: redis.Redis) -> None:
    counters.count("messages")
    keeper.send()
    keys = sorted(raw.scan_iter())
    assert [key.partition(":")[0] for key in keys] == [
        "counters",
        "counters_minute",
        "counters_processes",
        "counters_quarter",
    ]
    for key in keys:
        assert 0 < raw.pttl(key) <= (operations.own_clock_of(key) or 0)


def test_the_dashboard_has_what_was_counted_by_the_minute(keeper: MetricsFlusher, raw: redis.Redis) -> None:
    counters.count("messages")
    counters.count("requests", place="page", status=200)
    keeper.send()
    minute = int(time.time()) // 60
    hour, day = store.run(operations.charts([minute - 1, minute], [minute // 15]))
    assert sums(dict(enumerate(hour))) == {"messages": 1, "sessions_alive": 0}
    assert day[0]["messages"] == 1


def test_sessions_that_reached_their_end_are_counted(
    keeper: MetricsFlusher, sessions: SessionManager, raw: redis.Redis
) -> None:
    for name in ("Ann", "Bob", "Cem"):
        sessions.create_session(name)
    sessions.delete_session("Cem")
    keeper.send()
    for name in ("Ann", "Bob"):
        raw.delete(f"session:{name}")
        raw.zadd("session_index", {name: 1})
        if name == "Ann":
            sessions.list_sessions_detailed()
    keeper.send()
    assert {field: amount for field, amount in totals().items() if field.startswith("sessions")} == {
        "sessions|created": 3,
        "sessions|cleared": 1,
        "sessions|expired": 2,
    }


# What Prometheus reads


def test_a_stock_parser_reads_everything(api: Client, keeper: MetricsFlusher) -> None:
    counters.count("messages", 5)
    counters.count("limits_hit", policy="messages")
    counters.observe("store_seconds", 0.003, operation="append")
    keeper.send()
    told = scrape(api)
    assert value(told, "nono_messages_total") == 5
    assert value(told, "nono_limits_hit_total", policy="messages") == 1
    assert value(told, "nono_store_seconds_count", operation="append") == 1
    assert value(told, "nono_store_up") == value(told, "nono_processes") == 1
    assert value(told, "nono_store_memory_bytes") > 100_000
    assert value(told, "nono_sessions_alive") == 0
    names = {name for name, _ in told}
    assert names >= {"nono_build_info", "nono_process_memory_bytes", "nono_sockets_open", "nono_replies_running"}


def test_what_did_not_happen_yet_is_zero(api: Client, keeper: MetricsFlusher) -> None:
    told = scrape(api)
    assert value(told, "nono_messages_total") == 0
    for state in ("done", "stopped", "interrupted", "error"):
        assert value(told, "nono_replies_total", state=state) == 0
    assert value(told, "nono_first_token_seconds_count") == 0


def test_buckets_are_cumulative(api: Client, keeper: MetricsFlusher) -> None:
    for seconds in (0.01, 0.2, 0.2, 4, 4000):
        counters.observe("first_token_seconds", seconds)
    keeper.send()
    told = scrape(api)
    bounds = [*map(str, METERS["first_token_seconds"].bounds), "+Inf"]
    counts = [value(told, "nono_first_token_seconds_bucket", le=bound) for bound in bounds]
    assert counts == [1, 1, 1, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 5]
    assert value(told, "nono_first_token_seconds_count") == 5
    assert value(told, "nono_first_token_seconds_sum") == pytest.approx(4004.41)


def test_a_bound_that_is_no_longer_in_use_goes_to_the_next(
    api: Client, keeper: MetricsFlusher, raw: redis.Redis
) -> None:
    raw.hset("counters", mapping={"reply_seconds|le|0.3": 4, "reply_seconds|us": 1_000_000})
    told = scrape(api)
    assert value(told, "nono_reply_seconds_bucket", le="0.25") == 0
    assert value(told, "nono_reply_seconds_bucket", le="0.5") == 4


def test_the_metrics_of_a_store_that_is_away_are_quick_and_say_so(
    api: Client, keeper: MetricsFlusher, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(store, "arun", hang)
    began = time.monotonic()
    told = scrape(api)
    assert time.monotonic() - began < 4
    assert value(told, "nono_store_up") == 0
    names = {name for name, _ in told}
    assert names >= {"nono_process_cpu_seconds_total", "nono_build_info"}
    assert "nono_messages_total" not in names  # a total of less than all processes would look like a new beginning


# Who may read


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_this_machine_may_read(api: Client, keeper: MetricsFlusher, address: str) -> None:
    assert scrape(api, REMOTE_ADDR=address)


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_AUTHORIZATION": "Bearer anything", "REMOTE_ADDR": "192.0.2.7"},
    ],
)
def test_others_may_not_read(api: Client, keeper: MetricsFlusher, headers: dict[str, Any]) -> None:
    answer = api.get("/metrics", **headers)
    assert answer.status_code == 403
    assert b"nono_" not in answer.content


def test_with_a_token_only_its_bearer_may_read(api: Client, keeper: MetricsFlusher, settings: Settings) -> None:
    settings.NONO_METRICS_TOKEN = TOKEN
    assert scrape(api, HTTP_AUTHORIZATION=f"Bearer {TOKEN}", REMOTE_ADDR="192.0.2.7")
    for wrong in ("", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"):
        answer = api.get("/metrics", HTTP_AUTHORIZATION=wrong)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"')


def test_signed_in_staff_may_read_from_anywhere(api: Client, keeper: MetricsFlusher, settings: Settings) -> None:
    settings.NONO_METRICS_TOKEN = TOKEN
    user = User.objects.create(username="visitor")
    api.force_login(user)
    assert api.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 401
    User.objects.update(is_staff=True)
    assert scrape(api, REMOTE_ADDR="192.0.2.7")


def test_metrics_that_are_off_are_not_there(api: Client, raw: redis.Redis) -> None:
    assert api.get("/metrics").status_code == 404


def test_metrics_are_only_read(api: Client, keeper: MetricsFlusher) -> None:
    assert api.post("/metrics").status_code == 405


# What is counted where


def test_requests_are_counted_by_place_and_status(api: Client, counted: Buffer) -> None:
    for path in ("/", "/api/personas", "/api/nothing", "/nothing", "/health"):
        api.get(path)
    found = sums(counted.take())
    assert {field: amount for field, amount in found.items() if field.startswith("requests|")} == {
        "requests|page|200": 1,
        "requests|api|200": 1,
        "requests|api|404": 1,
        "requests|other|404": 1,
        "requests|health|200": 1,
    }
    assert not [field for field in found if "nothing" in field]


def test_a_limit_that_was_hit_is_counted(post: Any, counted: Buffer, settings: Settings) -> None:
    settings.NONO_RATE_LIMITS = True
    statuses = [post("/api/session/create", {"user_id": f"n{n}"}).status_code for n in range(22)]
    assert statuses.count(429) == sums(counted.take())["limits_hit|sessions"] == 2


def test_a_median_is_read_from_ranges() -> None:
    span = {"first_token_seconds|le|0.5": 2, "first_token_seconds|le|1.0": 2, "first_token_seconds|le|inf": 1}
    assert quantile("first_token_seconds", 0.4, [span]) == 0.5
    assert quantile("first_token_seconds", 0.5, [span]) == pytest.approx(0.625)
    assert quantile("first_token_seconds", 0.99, [span]) == 300
    assert quantile("first_token_seconds", 0.5, []) is None


# Two processes


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two processes on one store."""
    data = tmp_path_factory.mktemp("pair")
    servers = Server(data, NONO_ACCESS="shared"), Server(data, NONO_ACCESS="shared")
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.stop()


def read(server: Server) -> Samples:
    with urllib.request.urlopen(f"{server.address}/metrics", timeout=10) as answer:
        return samples_of(answer.read().decode())


def ask(server: Server, path: str, body: dict[str, str]) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.address}{path}", json.dumps(body).encode(), headers)
    urllib.request.urlopen(request, timeout=30).close()


def once(found: Callable[[], Samples], right: Callable[[Samples], bool]) -> Samples:
    give_up = time.monotonic() + 20
    while not right(samples := found()):
        assert time.monotonic() < give_up, samples
        time.sleep(0.2)
    return samples


@pytest.mark.slow
def test_two_processes_count_together_and_nothing_goes_down(pair: tuple[Server, Server]) -> None:
    one, other = pair
    ask(one, "/api/session/create", {"user_id": "Ann"})
    seen: list[Samples] = []
    for turn in range(2):
        for server in pair:
            ask(server, "/api/chat", {"user_id": "Ann", "message": f"hello {turn}"})
            seen += [read(one), read(other)]
    both = [once(partial(read, server), lambda told: value(told, "nono_reply_seconds_count") == 4) for server in pair]
    seen += both
    for told in both:
        assert value(told, "nono_messages_total") == value(told, "nono_replies_total", state="done") == 4
        assert value(told, "nono_sessions_total", event="created") == 1
        assert value(told, "nono_first_token_seconds_count") == 4
        assert value(told, "nono_processes") == 2
    for before, after in pairwise(seen):
        growing = [key for key in before if key[0].endswith(("_total", "_bucket", "_count", "_sum"))]
        assert growing
        assert not [key for key in growing if after[key] < before[key]]


@pytest.mark.slow
async def test_sockets_are_told_by_process_and_leave_with_it(pair: tuple[Server, Server]) -> None:
    one, other = pair
    await asyncio.to_thread(ask, one, "/api/session/create", {"user_id": "Bob"})

    def tabs(told: Samples) -> list[float]:
        return sorted(
            count
            for (name, labels), count in told.items()
            if name == "nono_sockets_open" and ("kind", "chat") in labels
        )

    addresses = [server.address.replace("http", "ws") + "/ws/chat/Bob" for server in (one, other, other)]
    sockets = [await websockets.connect(address) for address in addresses]
    await asyncio.to_thread(once, lambda: read(one), lambda told: tabs(told) == [1, 2])
    await asyncio.to_thread(other.stop)
    await asyncio.to_thread(once, lambda: read(one), lambda told: tabs(told) == [1])
    await asyncio.to_thread(other.start)
    for socket in sockets:
        await socket.close()
