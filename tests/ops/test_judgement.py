"""What is said of a model, after each kind of answer to the question which models there are, and of each last reply."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import redis
from aiohttp import web
from django.test import AsyncClient
from pytest_django.fixtures import Settings

from chat_app.model_findings import model_findings
from chat_app.responders import client, judgement, last_reply
from chat_app.responders.judgement import Judgement, judge_now, judgements, note_reply
from chat_app.responders.last_reply import LastReply
from chat_app.responders.listing import listing_of
from chat_app.responders.probe import Probe
from chat_app.responders.targets import Target
from nono import store
from nono.store import operations
from tests.support import proxy

KEY = "sk-right"
WANTED = "The model endpoint {}"
LISTED = WANTED.format("answers and lists the model.")
WHOLE = WANTED.format("answers, and its last reply was whole.")
UNKNOWN = WANTED.format("answers, but does not say which models it has: the next reply will tell.")
MAYBE = WANTED.format("does not list this model, but may take the name: the next reply will tell.")
UNLISTED = WANTED.format("does not list this model: check LLM_MODEL.")
REFUSED = WANTED.format("refuses the key: check LLM_API_KEY.")
AWAY = WANTED.format("cannot be reached: check LLM_BASE_URL, and that its server runs.")
NO_V1 = "LLM_BASE_URL lacks /v1: the model endpoint answers below that."
BUSY = WANTED.format("is busy, or its server fails: look at its log.")
LOADING = WANTED.format("is not ready (503): it loads its model, or is overloaded.")
QUOTA = "The account at the model endpoint has no credit or quota left."
OTHER = "What answers at this address is no model endpoint: check LLM_BASE_URL."
REDIRECTS = WANTED.format("redirects: LLM_BASE_URL must be where it leads.")

PAGE = "<!doctype html><p>Hello"


def listing(*names: str, owner: str = "somebody", **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "owned_by": owner} | more for name in names]}


def error(**fields: Any) -> dict[str, Any]:
    return {"error": fields}


@dataclass
class Scripted:
    """Answers ``GET`` by path with a status and a body, JSON where it is no text; 404 where nothing is said."""

    root: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    guarded: str = ""
    """The key without which, or with another, everything is refused with 401."""
    hangs: bool = False
    asked: int = 0
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        self.was_asked.set()
        if self.hangs:
            await asyncio.sleep(60)
        if self.guarded and request.headers.get("Authorization") != f"Bearer {self.guarded}":
            return web.json_response(error(message="Invalid API Key", type="authentication_error"), status=401)
        status, body = self.answers.get(request.path, (404, "404 page not found"))
        if isinstance(body, str):
            return web.Response(status=status, text=body, content_type="text/html" if "<" in body else "text/plain")
        return web.json_response(body, status=status, headers={"Location": "/elsewhere"} if status < 400 else {})


@pytest.fixture
async def endpoint(raw: redis.Redis, settings: Settings) -> AsyncIterator[Scripted]:
    scripted = Scripted()
    application = web.Application()
    application.router.add_route("*", "/{anything:.*}", scripted.answer)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scripted.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
    settings.LLM_BASE_URL, settings.LLM_MODEL = f"{scripted.root}/v1", "llama3.2"
    yield scripted
    await client.aclose()
    await store.aclose()
    await runner.cleanup()


async def judged() -> Judgement:
    """Judges the one model anew."""
    judgement._looks.clear()
    (one,) = await judgements()
    return one


async def said() -> tuple[bool | None, str]:
    one = await judged()
    return one.works, one.sentence


# A look


@pytest.mark.parametrize(
    ("answers", "works", "sentence"),
    [
        ({"/v1/models": (200, listing("llama3.2:latest", "phi", owner="library"))}, True, LISTED),  # Ollama
        ({"/v1/models": (200, listing("models/llama3.2"))}, True, LISTED),  # Gemini
        ({"/v1/models": (200, ["llama3.2"])}, True, LISTED),
        ({"/v1/models": (200, {"models": [{"name": "llama3.2"}]})}, True, LISTED),
        ({"/v1/models": (200, listing("phi", owner="library"))}, False, UNLISTED),
        ({"/v1/models": (200, listing("phi", "tiny"))}, False, UNLISTED),
        ({"/v1/models": (200, listing())}, False, UNLISTED),
        ({"/v1/models": (200, {"object": "list", "data": None})}, False, UNLISTED),  # Ollama without a model
        ({"/v1/models": (200, listing("tiny", owner="llamacpp"))}, False, UNLISTED),  # until it replied all the same
        ({"/v1/models": (404, error(code="404", message="Resource not found"))}, None, UNKNOWN),  # Azure
        ({"/v1/models": (403, "Forbidden")}, None, UNKNOWN),
        ({"/v1/models": (405, "")}, None, UNKNOWN),
        ({"/v1/models": (429, error(type="rate_limit_error"))}, None, UNKNOWN),
        ({"/v1/models": (400, error(message="bad", type="invalid_request_error"))}, None, UNKNOWN),
        ({"/v1/models": (200, {"hello": "world"})}, None, UNKNOWN),
        ({"/v1/models": (200, "Hello")}, None, UNKNOWN),
        ({"/v1/models": (401, error(message="Incorrect API key provided", code="invalid_api_key"))}, False, REFUSED),
        ({"/v1/models": (401, "")}, False, REFUSED),
        ({"/v1/models": (401, error(message="Missing scopes: api.model.read"))}, None, UNKNOWN),  # OpenAI
        ({"/v1/models": (401, error(message="x-api-key header is required"))}, None, UNKNOWN),  # Anthropic
        ({"/v1/models": (400, error(type="no_db_connection", code="400"))}, False, REFUSED),  # LiteLLM
        ({"/v1/models": (402, "")}, False, QUOTA),
        ({"/v1/models": (500, "Internal Server Error")}, False, BUSY),
        ({"/v1/models": (502, PAGE)}, False, BUSY),
        ({"/v1/models": (503, error(message="Loading model", code=503))}, False, LOADING),
        ({"/v1/models": (301, {})}, False, REDIRECTS),
        ({"/v1/models": (200, PAGE)}, False, OTHER),
    ],
)
async def test_the_answer_to_the_question_for_models(
    endpoint: Scripted, settings: Settings, answers: dict[str, Any], works: bool | None, sentence: str
) -> None:
    settings.LLM_API_KEY = KEY
    endpoint.answers = answers
    assert await said() == (works, sentence)


@pytest.mark.parametrize(
    ("answers", "works", "sentence"),
    [
        ({"/v1/models": (200, listing("llama3.2:latest"))}, False, NO_V1),  # Ollama, vLLM
        ({"/models": (200, error(message="Unexpected endpoint")), "/v1/models": (200, listing())}, False, NO_V1),
        ({"/models": (200, PAGE), "/v1/models": (200, listing("llama3.2"))}, False, NO_V1),  # LM Studio
        ({"/models": (200, PAGE), "/v1/models": (200, PAGE)}, False, OTHER),  # Open WebUI
        ({"/v1/models": (401, "")}, False, NO_V1),
        ({"/models": (302, {}), "/v1/models": (200, listing("llama3.2"))}, False, NO_V1),
        ({"/models": (200, listing("llama3.2")), "/v1/models": (200, listing("llama3.2"))}, True, LISTED),  # llama.cpp
        ({"/models": (503, "Loading"), "/v1/models": (503, "Loading")}, False, LOADING),
        ({}, None, UNKNOWN),
    ],
)
async def test_an_address_without_v1(
    endpoint: Scripted, settings: Settings, answers: dict[str, Any], works: bool | None, sentence: str
) -> None:
    settings.LLM_BASE_URL = endpoint.root
    endpoint.answers = answers
    assert await said() == (works, sentence)


@pytest.mark.parametrize(
    ("model", "told", "has"),
    [
        ("openai/gpt-5", listing("openai/*"), True),
        ("claude-opus-4-5", listing("claude-opus-4-5-20251101"), None),
        ("claude-opus-4-5-latest", listing("claude-opus-4-5-20251101"), None),
        ("gpt-5", listing("gpt-5-mini", "gpt-5-nano"), False),
        ("gpt-5:online", listing("gpt-5", "gpt-4"), None),
        ("llama3.2:70b", listing("llama3.2:latest", owner="library"), False),
        ("Qwen3", listing("qwen3:latest"), None),
        ("absent", listing("one") | {"has_more": True}, None),
        ("absent", listing("one", owner="llamacpp"), False),
        ("default", listing("one", owner="llamacpp"), None),
        ("default", listing("one", owner="llamacpp", status={"value": "loaded"}), False),  # llama.cpp's router
        ("small", listing("one", aliases=["small"]), True),
        ("default", listing("one"), None),
        ("default", listing("one", owner="library"), False),
        ("default", listing("one", "two"), False),
        ("default", listing("default", "two"), True),
    ],
)
def test_whether_a_name_is_listed(model: str, told: Any, has: bool | None) -> None:
    listed = listing_of(told)
    assert listed
    assert listed.has(model) is has


async def test_a_name_that_may_be_taken_is_no_trouble(endpoint: Scripted, settings: Settings) -> None:
    settings.LLM_MODEL = "default"
    endpoint.answers = {"/v1/models": (200, listing("tiny"))}
    assert await said() == (None, MAYBE)


@pytest.mark.parametrize(
    ("guarded", "key", "accepted"),
    [(True, KEY, True), (False, KEY, None), (True, "sk-wrong", False), (True, None, False)],
)
async def test_a_list_that_everybody_gets_proves_nothing_about_the_key(
    endpoint: Scripted, settings: Settings, guarded: bool, key: str | None, accepted: bool | None
) -> None:
    settings.LLM_API_KEY = key
    endpoint.guarded = KEY if guarded else ""
    endpoint.answers = {"/v1/models": (200, listing("llama3.2"))}
    one = await judged()
    assert one.to_dict()["key_accepted"] is accepted
    assert (await judged()).key_accepted is accepted


async def test_whoever_has_set_no_key_is_told_to_set_one(endpoint: Scripted, settings: Settings) -> None:
    endpoint.guarded = KEY
    assert await said() == (False, "The model endpoint wants a key: set LLM_API_KEY.")
    settings.LLM_EXTRA_HEADERS = {"Authorization": "Bearer sk-wrong"}
    assert await said() == (False, "The model endpoint refuses the key: check LLM_EXTRA_HEADERS.")


# Where nothing answers


async def test_nobody_listens(endpoint: Scripted, settings: Settings) -> None:
    settings.LLM_BASE_URL = "http://127.0.0.1:1/v1"
    assert await said() == (False, AWAY)
    assert (await judged()).to_dict()["reachable"] is False


async def test_a_name_that_nobody_has(endpoint: Scripted, settings: Settings) -> None:
    settings.LLM_BASE_URL = "http://nobody.invalid/v1"
    works, sentence = await said()
    assert works is False
    assert sentence in {AWAY, "The model endpoint does not answer in time: check that its server does not hang."}


async def test_a_server_that_hangs_is_given_two_seconds(endpoint: Scripted) -> None:
    endpoint.hangs = True
    began = time.monotonic()
    assert await said() == (False, "The model endpoint does not answer in time: check that its server does not hang.")
    assert time.monotonic() - began < 3


async def test_a_proxy_that_is_away(endpoint: Scripted, settings: Settings) -> None:
    settings.LLM_PROXY = "http://127.0.0.1:1"
    assert await said() == (False, "The proxy to the model endpoint cannot be used: check LLM_PROXY.")


async def test_a_program_that_speaks_no_http(endpoint: Scripted, settings: Settings) -> None:
    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        settings.LLM_BASE_URL = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        assert await said() == (False, OTHER)


async def test_a_certificate_of_nobody_known(endpoint: Scripted, settings: Settings, tmp_path: Path) -> None:
    proxy._make_certificate(tmp_path)
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(tmp_path / "fullchain.pem", tmp_path / "privkey.pem")

    async def never(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(never, "127.0.0.1", 0, ssl=own) as server:
        settings.LLM_BASE_URL = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        wanted = "The certificate of the model endpoint is not trusted: check LLM_BASE_URL, or set LLM_CA_FILE."
        assert await said() == (False, wanted)


WRONG_SETTINGS: list[dict[str, Any]] = [
    {"LLM_API_KEY": "sk-\n"},
    {"LLM_API_KEY": "sk-\x00"},
    {"LLM_API_KEY": "sk-\r\nHost: evil.example"},
    {"LLM_API_KEY": "sk-\udc80"},
    {"LLM_API_KEY": "schlüssel"},
    {"LLM_BASE_URL": "http://olga:hidden@127.0.0.1:1/v1", "LLM_API_KEY": KEY},
    {"LLM_BASE_URL": "http://["},
    {"LLM_BASE_URL": "http://127.0.0.1:99999/v1"},
    {"LLM_BASE_URL": "http:///v1"},
    {"LLM_BASE_URL": "nonsense"},
    {"LLM_BASE_URL": "ftp://127.0.0.1/v1"},
    {"LLM_BASE_URL": "http://x\udc80.invalid/v1"},
    {"LLM_BASE_URL": f"http://{'a' * 300}.invalid/v1"},
    {"LLM_PROXY": "socks5://127.0.0.1:1"},
    {"LLM_PROXY": "nonsense"},
    {"LLM_EXTRA_HEADERS": {"X-Team": "a\r\nb"}},
    {"LLM_EXTRA_HEADERS": {"X-Team": 7}},
    {"LLM_EXTRA_HEADERS": {"": ""}},
    {"LLM_CA_FILE": "/nothing/here"},
    {"LLM_MODEL": "\udc80"},
]


@pytest.mark.parametrize("wrong", WRONG_SETTINGS, ids=[ascii(one) for one in WRONG_SETTINGS])
async def test_health_is_never_a_failure_of_its_own(
    endpoint: Scripted, settings: Settings, wrong: dict[str, Any]
) -> None:
    for name, value in wrong.items():
        setattr(settings, name, value)
    began = time.monotonic()
    answer = await AsyncClient().get("/health")
    assert time.monotonic() - began < 3
    assert answer.status_code == 200
    assert answer.json()["status"] == ("healthy" if answer.json()["llm"] else "degraded")
    assert "hidden" not in answer.content.decode()


# A reply


def judge(reply: LastReply | None = None, **shown: Any) -> Judgement:
    probe = Probe(**({"at": time.time(), "model_listed": True} | shown))
    return Judgement(Target("http://127.0.0.1:1/v1", "default", KEY), probe, reply)


def ended(reason: str, seconds_ago: float = 1, **more: Any) -> LastReply:
    return LastReply(reason, time.time() - seconds_ago, **more)


@pytest.mark.parametrize(
    ("reason", "shown", "sentence"),
    [
        ("key", {}, REFUSED),
        ("quota", {}, QUOTA),
        ("model", {"model_listed": False}, UNLISTED),
        (
            "model",
            {"model_listed": None},
            "The model endpoint does not have this model: check LLM_MODEL and LLM_BASE_URL.",
        ),
        ("model", {}, "The model endpoint lists this model, but does not reply with it: check LLM_MODEL."),
        ("busy", {}, BUSY),
        ("unreachable", {"at": 0}, AWAY),
        ("unreachable", {"trouble": "unreachable", "reachable": False, "model_listed": None}, AWAY),
    ],
)
def test_a_failed_reply_has_the_sentence_that_a_look_has(
    reason: str, shown: dict[str, Any], sentence: str, settings: Settings
) -> None:
    settings.LLM_MODEL = "default"
    standing = reason if reason in last_reply.STANDING else ""
    one = judge(ended(reason, standing=standing), **shown)
    assert (one.works, one.sentence) == (False, sentence)


@pytest.mark.parametrize("reason", ["unreachable", "timeout", "busy", "parameter", "broken"])
def test_what_only_a_reply_showed_is_old_after_ten_minutes(reason: str) -> None:
    assert judge(ended(reason, 590)).works is False
    old = judge(ended(reason, 610))
    assert (old.works, old.sentence) == (True, LISTED)


@pytest.mark.parametrize("reason", sorted(last_reply.STANDING))
def test_a_refused_key_model_or_account_stays_for_as_long_as_no_reply_was_whole(reason: str) -> None:
    for later in (reason, "busy", "timeout"):
        assert judge(ended(later, 80_000, standing=reason)).works is False


@pytest.mark.parametrize("reason", ["context", "policy", "empty"])
def test_what_is_about_one_chat_is_no_trouble(reason: str) -> None:
    one = judge(ended(reason))
    assert (one.works, one.sentence, one.to_dict()["last_reply"]) == (True, LISTED, reason)


@pytest.mark.parametrize("trouble", ["unreachable", "key", "busy", "loading", "timeout", "other", "no_v1"])
def test_a_whole_reply_ends_a_trouble_that_was_seen_before_it(trouble: str) -> None:
    now = time.time()
    one = judge(LastReply("", now, whole_at=now), at=now - 5, trouble=trouble, reachable=False, model_listed=None)
    assert (one.works, one.sentence, one.to_dict()["reachable"]) == (True, WHOLE, True)


@pytest.mark.parametrize(
    ("trouble", "works"),
    [("unreachable", False), ("key", False), ("busy", False), ("no_v1", True), ("other", True), ("redirect", True)],
)
def test_what_is_seen_after_a_whole_reply_counts_but_for_the_list_s_own_place(trouble: str, works: bool) -> None:
    before = time.time() - 60
    assert judge(LastReply("", before, whole_at=before), trouble=trouble, model_listed=None).works is works


def test_a_model_that_replied_needs_no_place_in_the_list() -> None:
    one = judge(ended("busy", 700, whole_at=time.time() - 5000), model_listed=False)
    assert (one.works, one.sentence) == (True, "The model endpoint answers, and has replied with this model before.")


def test_a_server_that_does_one_thing_at_a_time_is_given_ten_minutes() -> None:
    shown = {"trouble": "timeout", "reachable": False, "model_listed": None}
    one = judge(ended("", 300, whole_at=time.time() - 300), **shown)
    assert (one.works, one.sentence) == (
        None,
        "The model endpoint does not answer just now, but replied a short while ago.",
    )
    assert judge(ended("", 900, whole_at=time.time() - 900), **shown).works is False


async def test_outcomes_are_kept_for_other_processes_and_a_whole_reply_ends_each(
    endpoint: Scripted, settings: Settings, raw: redis.Redis
) -> None:
    settings.LLM_API_KEY = KEY
    endpoint.answers = {"/v1/models": (200, listing("llama3.2"))}
    target = (await judged()).target
    for reason in ("key", "busy", "internal"):
        await note_reply(target, reason)
    last_reply._notes.clear()  # as another process
    told = (await judged()).last_reply
    assert told
    assert (told.reason, told.standing) == ("busy", "key")
    await note_reply(target, "")
    last_reply._notes.clear()
    assert await said() == (True, WHOLE)
    assert (await judged()).key_accepted is True

    (mark,) = raw.keys("endpoint:*")
    assert 86_000 < raw.ttl(mark) <= 86_400
    assert KEY not in str([mark, raw.get(mark)])


@pytest.mark.parametrize("changed", ["LLM_API_KEY", "LLM_MODEL", "LLM_PROXY", "LLM_EXTRA_HEADERS", "SECRET_KEY"])
def test_an_outcome_under_other_settings_is_not_believed(settings: Settings, changed: str) -> None:
    def mark() -> str:
        return last_reply.mark_of(Target("http://127.0.0.1:1/v1", settings.LLM_MODEL, settings.LLM_API_KEY))

    before = mark()
    setattr(settings, changed, {"X-Team": "blue"} if changed == "LLM_EXTRA_HEADERS" else "http://127.0.0.1:2")
    assert mark() != before


async def test_what_is_unchanged_is_not_written_again_and_again(endpoint: Scripted, raw: redis.Redis) -> None:
    target = (await judged()).target
    await note_reply(target, "")
    (mark,) = raw.keys("endpoint:*")
    raw.delete(mark)
    await note_reply(target, "")
    assert not raw.exists(mark)
    await note_reply(target, "busy")
    assert raw.exists(mark)


@pytest.mark.parametrize(
    "kept", ["", "nonsense", "[]", "{}", '{"reason": "busy"}', json.dumps({"reason": 1, "at": "x"})]
)
async def test_what_somebody_else_wrote_there_is_nothing(endpoint: Scripted, kept: str) -> None:
    endpoint.answers = {"/v1/models": (200, listing("llama3.2"))}
    target = (await judged()).target
    await store.arun(operations.note_last_reply(last_reply.mark_of(target), kept))
    assert await said() == (True, LISTED)


async def test_a_failure_has_the_endpoint_looked_at_anew(endpoint: Scripted) -> None:
    endpoint.answers = {"/v1/models": (200, listing("llama3.2"))}
    (one,) = await judgements()
    assert one.works
    endpoint.answers = {"/v1/models": (500, "")}
    assert (await judgements())[0].works
    await note_reply(one.target, "unreachable")
    assert (await judgements())[0].sentence == BUSY


async def test_all_who_ask_at_a_time_share_one_look(endpoint: Scripted) -> None:
    endpoint.answers = {"/v1/models": (200, listing("llama3.2"))}
    await asyncio.gather(*(judgements() for _ in range(5)))
    assert endpoint.asked == 1


async def test_whoever_goes_away_does_not_end_the_look_of_the_others(endpoint: Scripted) -> None:
    endpoint.hangs = True
    first = asyncio.create_task(judgements())
    second = asyncio.create_task(judgements())
    await endpoint.was_asked.wait()
    first.cancel()
    assert (await second)[0].trouble == "timeout"
    assert endpoint.asked == 1


# Where it is said


def test_without_a_model_there_is_nothing_to_judge(raw: redis.Redis) -> None:
    assert judge_now() == ()


async def test_health_has_a_table_for_each_model_without_its_name_address_and_key(
    endpoint: Scripted, settings: Settings
) -> None:
    settings.LLM_API_KEY = KEY
    endpoint.guarded = KEY
    endpoint.answers = {"/v1/models": (200, listing("llama3.2"))}
    answer = await AsyncClient().get("/health")
    told = answer.json()
    assert told.keys() == {"status", "redis", "llm", "model", "timestamp"}
    assert (told["status"], told["llm"]) == ("healthy", True)
    assert told["model"] == [
        {
            "endpoint": "default",
            "works": True,
            "reachable": True,
            "key_accepted": True,
            "model_listed": True,
            "last_reply": None,
            "sentence": LISTED,
        }
    ]
    assert not [word for word in ("llama3.2", endpoint.root, KEY) if word in answer.content.decode()]


async def test_health_has_an_empty_list_without_a_model(endpoint: Scripted, settings: Settings) -> None:
    settings.LLM_BASE_URL = None
    told = (await AsyncClient().get("/health")).json()
    assert (told["status"], told["llm"], told["model"]) == ("healthy", None, [])


async def test_what_is_not_known_is_no_trouble_for_health(endpoint: Scripted) -> None:
    told = (await AsyncClient().get("/health")).json()
    assert (told["status"], told["llm"], told["model"][0]["works"]) == ("healthy", True, None)


def test_the_doctor_has_a_level_for_each_and_a_line_for_what_was_learned() -> None:
    learned = ended("", adaptations=("is asked with max_completion_tokens in place of max_tokens",))
    secret = Target("http://olga:hidden@10.0.0.1/v1?key=hidden", "gpt-5", "sk-hidden")
    good = replace(judge(learned), target=secret)
    found = list(model_findings([good, judge(model_listed=None), judge(trouble="busy")]))
    assert [one.level for one in found] == ["ok", "ok", "warning", "error"]
    assert found[0].what == f"gpt-5 at http://10.0.0.1/v1: {LISTED}".replace(LISTED, WHOLE)
    assert found[1].what == "gpt-5 is asked with max_completion_tokens in place of max_tokens."


async def test_a_store_that_is_away_does_not_keep_the_model_from_being_judged(
    endpoint: Scripted, settings: Settings
) -> None:
    endpoint.answers = {"/v1/models": (200, listing("llama3.2"))}
    url = "redis://127.0.0.1:1/0"
    settings.REDIS_URL, settings.CACHES = url, settings.CACHES | {"chat": settings.CACHES["chat"] | {"LOCATION": url}}
    await store.aclose()
    assert await said() == (True, LISTED)


async def test_outside_a_loop_it_takes_two_seconds_at_most(endpoint: Scripted) -> None:
    endpoint.hangs = True
    began = time.monotonic()
    (one,) = await asyncio.to_thread(judge_now)
    assert time.monotonic() - began < 4
    assert one.trouble == "timeout"
