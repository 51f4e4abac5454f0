"""The dashboard on the admin's first page: right numbers, honest words, few questions to the store, no script."""

import re
import time
import tomllib
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
import redis
from django.test import Client
from pytest_django.fixtures import Settings

from chat_app.admin import voices
from chat_app.responders.judgement import Judgement
from chat_app.responders.probe import Probe
from chat_app.responders.targets import Target
from nono import store
from nono.store import health as store_health
from nono.store import operations
from nono.store.health import Finding
from nono.store.operations import Batch
from sessions_app.admin import dashboard as of_admin
from sessions_app.admin.charts import Chart, Series, number, round_up
from sessions_app.manager import SessionManager
from tests.support.staff import signed_in

INDEX = "/admin/"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def viewer(db: None, raw: redis.Redis, settings: Settings) -> Client:
    """Somebody of the staff who may view chats and nothing else."""
    settings.NONO_METRICS = True
    return signed_in("view_chatsession")


def happen(minutes_ago: int = 0, told: dict[str, float] | None = None, **amounts: int) -> None:
    """Has some process count something; fields are written with ``__`` for ``|``."""
    fields = {name.replace("__", "|"): amount for name, amount in amounts.items()}
    minute = int(time.time()) // 60 - minutes_ago
    store.run(operations.count(Batch("host:1:1", time.time_ns(), fields, {minute: fields}, told or {})))


def words_of(client: Client) -> str:
    """What the page says, without markup and on one line."""
    answer = client.get(INDEX)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


class Markup(HTMLParser):
    """Counts tags and collects attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.named: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes.update(name for name, _ in attrs)
        found = dict(attrs)
        self.ids.update([found["id"] or ""] if "id" in found else [])
        if found.get("role") == "img":
            self.named += [found["aria-labelledby"] or "", found["aria-describedby"] or ""]


# What it says


def test_an_operator_sees_what_is_going_on(viewer: Client, sessions: SessionManager) -> None:
    for name, persona in (("Ann", "default"), ("Bob", "mental_health_nurse"), ("Cem", "mental_health_nurse")):
        sessions.create_session(name, persona)
    told = {"sockets_open|chat": 4.0, "sockets_open|list": 9.0, "replies_running": 1.0}
    happen(minutes_ago=600, messages=100)
    happen(minutes_ago=5, messages=2, replies__done=2, replies__error=1)
    happen(told=told, messages=5, safety__crisis__en=2, safety__none__en=3, **{"first_token_seconds__le__0.5": 4})
    page = words_of(viewer)
    for fact in (
        "Chats alive 3",
        "Open tabs 4",
        "Replies 1 being written",
        "Messages 7 last hour",
        "First word after 0.38 s",
        "Web processes 1",
        "Last hour 7 in all, at most 5 in a minute.",
        "Last day 107 in all, at most 100 in 15 minutes.",
        "Last hour 3 in all, at most 3 in a minute.",
        "Last hour Median about 0.38 s; 95th percentile about 0.49 s.",
        "At most 3 at once.",
        "Last hour 2 in all, at most 2 in a minute.",
        "Clara 67 % 2",
        "Default Assistant 33 % 1",
        "Of all chats that are alive.",
        "Append-only file on, the last write succeeded",
        "no limit is set",
    ):
        assert fact in page


def test_a_new_installation_has_nothing_to_show_and_says_so(viewer: Client) -> None:
    page = words_of(viewer)
    for fact in (
        "Chats alive 0",
        "First word after –",
        "Last hour None.",
        "No reply began.",
        "No chats at the moment.",
    ):
        assert fact in page


def test_the_personas_of_many_chats_are_those_of_the_latest(
    viewer: Client, sessions: SessionManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_admin, "SAMPLE", 2)
    sessions.create_session("Ann", "mental_health_nurse")
    for name in ("Bob", "Cem"):
        sessions.create_session(name)
    page = words_of(viewer)
    assert "Of the 2 most recently active of 3 chats. " in page
    assert "Default Assistant 100 % 2" in page
    assert "Clara" not in page


def test_every_number_is_in_a_table_too(viewer: Client) -> None:
    happen(minutes_ago=3, messages=41)
    page = words_of(viewer)
    at = time.strftime("%H:%M", time.gmtime((int(time.time()) // 60 - 3) * 60))
    assert f"{at} 41 " in page


def test_a_store_that_lost_chats_or_cannot_write_is_marked(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {
        "used_memory": "950",
        "maxmemory": "1000",
        "evicted_keys": "3",
        "aof_enabled": "1",
        "aof_last_write_status": "err",
        "rdb_last_bgsave_status": "err",
    }
    monkeypatch.setattr(operations, "information", lambda: store.command("PING", read=lambda _: facts))
    page = words_of(viewer)
    for fact in (
        "(95%) Needs attention",
        "on, but the last write failed Needs attention",
        "the last one failed Needs attention",
        "3 keys were dropped since the store started: parts of chats are lost. Needs attention",
    ):
        assert fact in page.replace("\xa0", " ")


def test_a_store_that_forbids_to_ask_is_no_failure(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "information", lambda: store.command("NOSUCH", read=bool))
    assert "It does not tell about its memory and its files." in words_of(viewer)


def test_counting_that_is_off_is_said(viewer: Client, settings: Settings) -> None:
    assert "NONO_METRICS" not in words_of(viewer)
    settings.NONO_METRICS = False
    assert "Nothing is counted, because NONO_METRICS is off." in words_of(viewer)


def test_a_store_that_is_away_is_said_on_a_page_that_answers(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr("redis.client.Redis.execute_command", away)
    monkeypatch.setattr("redis.client.Pipeline.execute", away)
    page = words_of(viewer)
    assert "The store cannot be reached." in page
    assert "Model None: the offline personas answer" in page
    assert "Chats alive" not in page


# The installation


def test_it_stands_before_the_list_of_models_and_leads_to_the_chats(viewer: Client) -> None:
    page = viewer.get(INDEX).content.decode()
    dashboard, _, models = page.partition('class="app-sessions_app')
    assert "Right now" in dashboard
    assert "Right now" not in models
    assert '<a href="/admin/sessions_app/chatsession/">0</a>' in dashboard


def test_an_operator_sees_which_nono_this_is_and_who_may_read(viewer: Client, settings: Settings) -> None:
    settings.NONO_ACCESS = "private"
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]
    page = words_of(viewer)
    assert f"Version {project['version']} " in page
    assert "Model None: the offline personas answer" in page
    assert "Access private: each browser sees its own chats" in page
    settings.NONO_ACCESS = "shared"
    assert "Access shared: everybody who can open this address can read all chats" in words_of(viewer)


def test_a_model_that_does_not_work_needs_attention(viewer: Client, settings: Settings) -> None:
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://olga:hidden@127.0.0.1:1/v1", "tiny"
    page = words_of(viewer)
    assert "Model tiny at http://127.0.0.1:1/v1 Needs attention The model endpoint cannot be reached: check " in page
    assert "hidden" not in page


def test_there_is_a_line_for_each_model(viewer: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    working = Judgement(Target("http://127.0.0.1:1/v1", "small"), Probe(1, model_listed=True))
    unknown = Judgement(Target("http://127.0.0.1:2/v1?key=hidden", "large", name="other"), Probe(1))

    async def judgements() -> tuple[Judgement, ...]:
        return working, unknown

    monkeypatch.setattr(voices, "judgements", judgements)
    page = words_of(viewer)
    assert f"Model small at http://127.0.0.1:1/v1 {working.sentence} " in page
    assert f"Model large at http://127.0.0.1:2/v1 {unknown.sentence} " in page
    assert "Needs attention" not in page.partition("Memory")[0]


def test_the_doctor_says_in_a_line_what_is_to_be_done(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Doctor The store is as it should be. Memory" in words_of(viewer)
    weak = Finding("warning", "A crash loses <all>.", "Set appendonly yes.")
    broken = Finding("error", "It takes no writes.")
    monkeypatch.setattr(store_health, "findings", lambda: [Finding("ok", "It answers."), weak])
    assert "Doctor Something could be better. A crash loses &lt;all&gt;. Set appendonly yes. Memory" in words_of(viewer)
    monkeypatch.setattr(store_health, "findings", lambda: [weak, broken])
    said = (
        "Doctor A promise is broken. Needs attention A crash loses &lt;all&gt;. Set appendonly yes. It takes no writes."
    )
    assert said in words_of(viewer)


# Who sees it


def test_staff_who_may_not_view_chats_see_django_s_own_page(db: None, raw: redis.Redis) -> None:
    page = words_of(signed_in("view_user"))
    assert "Users" in page
    assert "Right now" not in page


def test_visitors_are_asked_to_sign_in(api: Client) -> None:
    answer = api.get(INDEX)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


# How it is made


@pytest.mark.parametrize("chats", [0, 40])
def test_a_look_asks_the_store_the_same_few_things_however_many_chats_there_are(
    viewer: Client, sessions: SessionManager, monkeypatch: pytest.MonkeyPatch, chats: int
) -> None:
    for chat in range(chats):
        sessions.create_session(f"chat {chat}")
    asked: list[str] = []
    run, run_all = store.run, store.run_all

    def run_one(operation: Any) -> Any:
        asked.append(operation.name)
        return run(operation)

    def run_several(several: Any) -> Any:
        asked.append(" ".join(operation.name for operation in several))
        return run_all(several)

    words_of(viewer)  # the store knows the scripts from now on
    monkeypatch.setattr(store, "run", run_one)
    monkeypatch.setattr(store, "run_all", run_several)
    assert f"Chats alive {chats} " in words_of(viewer)
    assert asked == [
        "metrics_charts metrics_figures session_list",
        "ping",
        "server_probe",
        "info",
        "config",
        "config",
        "info",
    ]


def test_the_charts_need_no_script_and_no_style_and_have_names(viewer: Client) -> None:
    happen(messages=1, replies__done=1)
    section = viewer.get(INDEX).content.decode().partition('<section class="nono-dashboard"')[2]
    markup = Markup(section.partition('class="app-')[0])
    assert markup.tags["svg"] > 10
    assert not {"script", "style"} & markup.tags.keys()
    assert not [name for name in markup.attributes if name == "style" or name.startswith("on")]
    assert set(markup.ids.values()) == {1}
    assert len(markup.named) == 20
    assert set(markup.named) <= markup.ids.keys()


def test_a_persona_that_somebody_made_up_by_hand_is_only_text(
    viewer: Client, sessions: SessionManager, raw: redis.Redis
) -> None:
    sessions.create_session("Ann")
    raw.hset("session:Ann", "persona", SCRIPT)
    page = viewer.get(INDEX).content.decode()
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page


# The drawing


def chart(kind: Any, *values: tuple[float | None, ...], unit: str = "") -> Chart:
    series = tuple(Series(f"series {place}", "calm", one) for place, one in enumerate(values))
    times = tuple(map(str, range(len(values[0]))))
    return Chart("id", "title", "said", kind, series, times, ("then", "between", "now"), unit)


def test_bars_stand_on_each_other() -> None:
    low, high = chart("bars", (0, 2), (0, 2)).shapes
    assert low.path.startswith("M217.2 106V58H")
    assert high.path.startswith("M217.2 58V10H")


def test_a_line_is_open_where_nothing_is_known() -> None:
    (shape,) = chart("line", (1, 2, None, 2, None, 1, 1)).shapes
    assert shape.path.count("M") == 3
    assert shape.path.count("L") == 2
    assert len(shape.dots) == 1


@pytest.mark.parametrize(
    ("value", "upper"), [(0, 1), (1, 1), (3, 4), (16, 20), (41, 60), (61, 100), (0.03, 0.04), (0.1, 0.1), (7e6, 1e7)]
)
def test_the_upper_edge_is_a_number_whose_half_reads_well(value: float, upper: float) -> None:
    assert round_up(value) == pytest.approx(upper)


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (1234, "1,234"), (0.0256, "0.026"), (12_345, "12.3k")])
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


def test_only_times_in_which_something_happened_are_in_the_table() -> None:
    assert [*chart("bars", (0, 2), (0, 0)).rows] == [("1", ["2", "0"])]
    assert [*chart("line", (None, 0.5), (None, None), unit=" s").rows] == [("1", ["0.5 s", ""])]
