"""Replies from a model's endpoint that answers well and badly: every one ends in its state, with the right text."""

import asyncio
import json
import logging
import time
from typing import Any

import pytest
from aiohttp import web
from django.test import AsyncClient
from pytest_django.fixtures import Settings

from chat_app.memory import ChatMemoryManager
from chat_app.responders import client, judgement, openai, probe
from chat_app.responders.targets import Target
from tests.conftest import Do
from tests.support.scripted_endpoint import (
    DONE,
    ENDING,
    KEY,
    SECRET,
    USAGE,
    Conduct,
    EndlessLine,
    ModelEndpoint,
    cuts,
    drops,
    event,
    hangs,
    piece,
    refuses,
    says,
    sends,
    sends_a_page,
)
from tests.support.sockets import chat

pytestmark = pytest.mark.django_db(transaction=True)
memory = ChatMemoryManager()


@pytest.fixture
def model(model: ModelEndpoint, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> ModelEndpoint:
    """The endpoint takes a key and is asked again soon, for a second in all."""
    monkeypatch.setattr(openai, "PAUSES", (0.01, 0.02))
    monkeypatch.setattr(openai, "LOADING_PAUSES", (0.01, 0.02))
    settings.LLM_API_KEY, settings.LLM_TIMEOUT = KEY, 1.0
    return model


TEN_THOUSAND = [f"word{number} " for number in range(10_000)]
SMILE = json.dumps("😀").strip('"')  # \ud83d\ude00
HALVES = (SMILE[:6], SMILE[6:])


def written(content: str) -> bytes:
    """A piece whose JSON is written by hand, with any escapes in it."""
    return b'data: {"choices":[{"index":0,"delta":{"content":"' + content.encode() + b'"}}]}\n\n'


WELL: dict[str, tuple[list[Conduct], str, int]] = {
    "word by word": ([says("One ", "two ", "three.")], "One two three.", 1),
    "one token a while": ([says("a", "b", "c", pause=0.05)], "abc", 1),
    "ten thousand tokens at once": ([sends(b"".join(map(piece, TEN_THOUSAND)), *ENDING)], "".join(TEN_THOUSAND), 1),
    "429, then an answer": ([refuses(429, Retry_After="0"), says("Hi.")], "Hi.", 2),
    "500, then an answer": ([refuses(500), says("Hi.")], "Hi.", 2),
    "503 twice, then an answer": ([refuses(503), refuses(503), says("Hi.")], "Hi.", 3),
    "dropped, then an answer": ([drops, says("Hi.")], "Hi.", 2),
    "cut before the first token, then an answer": ([cuts(event({"choices": []})), says("Hi.")], "Hi.", 2),
    "empty choices among others": ([sends(event({"choices": []}), USAGE, piece("Hi."), event({}), *ENDING)], "Hi.", 1),
    "CR LF, no space, comments": (
        [
            sends(
                b': keep-alive\r\nevent: x\r\ndata:{"choices":[{"delta":{"content":"Hi."}}]}\r\n\r\ndata:[DONE]\r\n\r\n'
            )
        ],
        "Hi.",
        1,
    ),
    "data over several lines": (
        [sends(b'data: {"choices":\ndata: [{"delta":{"content":"Hi."}}]}\n\n', DONE)],
        "Hi.",
        1,
    ),
    "no empty line at the end": ([sends(piece("Hi."), b"data: [DONE]")], "Hi.", 1),
    "an end without DONE": ([sends(piece("Hi."), piece(None, finish="length"))], "Hi.", 1),
    "a hang behind the end": ([sends(piece("Hi.", finish="stop"), None)], "Hi.", 1),
    "nonsense behind the end": ([sends(piece("Hi.", finish="stop"), b"data: nonsense\n\n")], "Hi.", 1),
    "bytes cut within characters": (
        [sends(*(bytes([one]) for one in written("Grüße 😀")), *ENDING)],
        "Grüße 😀",
        1,
    ),
    "an emoji in two halves": ([sends(*map(written, HALVES), *ENDING)], "😀", 1),
    "half an emoji": ([sends(written(f"{HALVES[0]}a"), written(HALVES[0]), *ENDING)], "\ufffda\ufffd", 1),
}


@pytest.mark.parametrize(("conducts", "text", "questions"), WELL.values(), ids=WELL)
async def test_what_comes_well_or_can_be_mended_is_done(
    model: ModelEndpoint, conducts: list[Conduct], text: str, questions: int
) -> None:
    model.conducts = conducts
    async with chat("Ann") as tab:
        complete = await tab.ask()
    assert (complete["state"], complete["response"]) == ("done", text)
    assert tab.text_of(complete["reply_id"]) == text
    assert len(model.questions) == questions


TOLD = event({"error": {"message": SECRET, "code": 500}})

BADLY: dict[str, tuple[Conduct, str, str, int]] = {
    "500 always": (refuses(500), "error", "", 3),
    "429 always": (refuses(429), "error", "", 3),
    "429 for longer than there is time": (refuses(429, Retry_After="3600"), "error", "", 1),
    "dropped always": (drops, "error", "", 3),
    "the wrong key": (refuses(401), "error", "", 1),
    "a refusal of the request": (refuses(400), "error", "", 1),
    "an error in place of an answer": (sends(TOLD), "error", "", 1),
    "an error in the middle": (sends(piece("One "), TOLD, *ENDING), "error", "One ", 1),
    "an error as the reason of the end": (sends(piece("One "), piece(None, finish="error"), DONE), "error", "One ", 1),
    "a page": (sends_a_page, "error", "", 1),
    "JSON in place of a stream": (sends(b'{"choices": []}', content_type="application/json"), "error", "", 1),
    "a redirect": (refuses(307, Location="/elsewhere"), "error", "", 1),
    "a redirect to another host": (refuses(302, Location="http://localhost:1/"), "error", "", 1),
    "only empty choices": (sends(event({"choices": []}), *ENDING), "error", "", 1),
    "no JSON": (sends(f"data: {SECRET}\n\n".encode()), "error", "", 1),
    "JSON of another shape": (sends(b"data: [1]\n\n"), "error", "", 1),
    "JSON too deep": (sends(b"data: " + b"[" * 100_000 + b"\n\n"), "error", "", 1),
    "a hang before the first byte": (hangs, "error", "", 1),
    "a hang before the first token": (sends(event({"choices": []}), None), "error", "", 1),
    "a hang in the middle": (sends(piece("One "), None), "interrupted", "One ", 1),
    "keep-alives without end": (sends(piece("One "), *[b": wait\n\n"] * 60, pause=0.1), "interrupted", "One ", 1),
    "a cut in the middle": (cuts(piece("One ")), "interrupted", "One ", 1),
    "a cut within an event": (cuts(piece("One "), piece("two")[:20]), "interrupted", "One ", 1),
    "an end without a word of it": (sends(piece("One ")), "interrupted", "One ", 1),
    "nonsense in the middle": (sends(piece("One "), b"data: {\n\n"), "interrupted", "One ", 1),
}


@pytest.mark.parametrize(("conduct", "state", "text", "questions"), BADLY.values(), ids=BADLY)
async def test_what_goes_wrong_ends_in_its_state_and_tells_nothing_of_the_endpoints(
    model: ModelEndpoint, caplog: pytest.LogCaptureFixture, conduct: Conduct, state: str, text: str, questions: int
) -> None:
    caplog.set_level(logging.DEBUG)
    model.conducts = [conduct]
    async with chat("Ann") as tab:
        complete = await tab.ask()
    assert (complete["state"], complete["response"]) == (state, text)
    assert (len(model.questions), model.asked_elsewhere) == (questions, 0)
    assert model.keys == [f"Bearer {KEY}"] * questions
    history = await AsyncClient().get("/api/session/Ann/history")
    assert history.json()["messages"][-1]["metadata"]["state"] == state
    for told in (json.dumps(tab.seen), history.content.decode(), caplog.text):
        assert SECRET not in told
        assert KEY not in told
    assert any(record.name == "chat_app.live.replies" for record in caplog.records)


@pytest.mark.parametrize(
    "conduct",
    [refuses(500), refuses(401), sends(TOLD), sends_a_page],
    ids=["500", "the wrong key", "an error in place of an answer", "a page"],
)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_rest_says_that_the_reply_failed_and_nothing_of_the_endpoints(
    model: ModelEndpoint, caplog: pytest.LogCaptureFixture, conduct: Conduct, accept: str
) -> None:
    caplog.set_level(logging.DEBUG)
    model.conducts = [conduct]
    body = {"user_id": "Ann", "message": "Hello?"}
    answer = await AsyncClient().post("/api/chat", body, content_type="application/json", headers={"accept": accept})
    if accept == "application/json":
        assert (answer.status_code, answer.json()["code"]) == (502, "reply_failed")
        told = answer.content.decode()
    else:
        told = "".join([part.decode() async for part in answer])  # type: ignore[attr-defined]
        assert '"state":"error"' in told
    assert SECRET not in told + caplog.text
    assert KEY not in told + caplog.text


async def test_the_canaries_do_come(model: ModelEndpoint) -> None:
    model.conducts = [refuses(401)]
    question = await client.model_client().post(Target(model.base_url, "tiny", KEY), {})
    async with question as refused:
        told = await refused.text()
        assert SECRET in told
        assert KEY in told
        assert refused.reason == SECRET


async def test_the_log_says_what_an_operator_can_do(model: ModelEndpoint, caplog: pytest.LogCaptureFixture) -> None:
    model.conducts = [refuses(401)]
    async with chat("Ann") as tab:
        await tab.ask()
    assert "The model endpoint answered 401 Unauthorized: check LLM_API_KEY." in caplog.text


async def test_an_endpoint_that_is_not_there_is_an_error_and_not_another_voice(
    model: ModelEndpoint, settings: Settings
) -> None:
    settings.LLM_BASE_URL = "http://127.0.0.1:1/v1"
    async with chat("Ann") as tab:
        complete = await tab.ask()
    assert (complete["state"], complete["response"]) == ("error", "")


async def test_a_line_without_an_end_is_not_taken_to_its_end(model: ModelEndpoint) -> None:
    endless = EndlessLine()
    model.conducts = [endless]
    async with chat("Ann") as tab:
        assert (await tab.ask())["state"] == "error"
        await asyncio.wait_for(model.hung_up.get(), 5)
    assert endless.sent < 32 * 2**20


async def test_a_reply_over_its_bound_is_cut_there(model: ModelEndpoint) -> None:
    model.conducts = [sends(*[piece("x" * 50_000)] * 5, *ENDING)]
    async with chat("Ann") as tab:
        complete = await tab.ask()
    assert (complete["state"], len(complete["response"])) == ("interrupted", 200_000)


async def test_no_proxy_is_taken_from_the_environment(model: ModelEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ModelEndpoint(says("from the proxy")) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.base_url)
        model.conducts = [says("direct")]
        async with chat("Ann") as tab:
            assert (await tab.ask())["response"] == "direct"
        assert (proxy.questions, proxy.asked_elsewhere) == ([], 0)


async def test_the_question_has_the_instructions_and_the_chat_in_order(
    model: ModelEndpoint, do: Do, settings: Settings
) -> None:
    model.conducts = [sends(piece("First."), piece("", finish="stop"), None), says("Second.")]
    async with chat("Ann") as tab:
        await tab.send(text="one")
        await tab.expect("chunk")
        await tab.send(text="two")
        await tab.send(text="three")
        await tab.expect("complete")
        await tab.expect("complete")
    asked = model.questions[1]
    window = await do(memory.get_context_window, "Ann")
    assert asked["messages"] == [
        {"role": "system", "content": window.system},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "First."},
        {"role": "user", "content": "two\n\nthree"},
    ]
    assert asked["model"] == settings.LLM_MODEL
    assert (asked["temperature"], asked["max_tokens"]) == (window.persona.temperature, window.persona.max_tokens)
    assert (asked["stream"], asked["stream_options"]) == (True, {"include_usage": True})


async def test_without_a_key_none_is_sent(model: ModelEndpoint, settings: Settings) -> None:
    settings.LLM_API_KEY = None
    async with chat("Ann") as tab:
        await tab.ask()
    assert model.keys == [None]


async def test_connections_serve_again(model: ModelEndpoint) -> None:
    model.conducts = [says("Hi.")]
    async with chat("Ann") as tab:
        for _ in range(3):
            await tab.ask()
    session = client.model_client()._session
    assert session
    assert session.connector
    assert len(session.connector._conns) == 1


async def health() -> dict[str, Any]:
    told: dict[str, Any] = (await AsyncClient().get("/health")).json()
    return told


async def test_health_tells_that_the_model_answers(model: ModelEndpoint) -> None:
    told = await health()
    assert (told["status"], told["llm"]) == ("healthy", True)


async def test_health_is_degraded_where_only_the_model_is_away(model: ModelEndpoint, settings: Settings) -> None:
    settings.LLM_BASE_URL = "http://127.0.0.1:1/v1"
    answer = await AsyncClient().get("/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["llm"]) == (200, "degraded", False)


async def test_health_asks_the_model_at_most_every_ten_seconds(
    model: ModelEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> Any:
        raise OSError

    assert (await health())["llm"] is True
    monkeypatch.setattr(probe, "_ask", away)
    assert (await health())["llm"] is True
    judgement._looks[asyncio.get_running_loop()].began -= judgement.KNOWN_FOR_S
    assert (await health())["llm"] is False


async def test_health_answers_within_3_s_where_the_model_hangs(model: ModelEndpoint, settings: Settings) -> None:
    async def never(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(10)

    async with await asyncio.start_server(never, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings.LLM_BASE_URL = f"http://127.0.0.1:{port}/v1"
        began = time.monotonic()
        answers = await asyncio.gather(*(health() for _ in range(5)))
        assert time.monotonic() - began < 3
        server.close()
    assert {told["llm"] for told in answers} == {False}


async def test_health_says_nothing_of_a_model_where_none_is_configured(
    model: ModelEndpoint, settings: Settings
) -> None:
    settings.LLM_BASE_URL = None
    assert (await health())["llm"] is None


async def test_a_refusal_that_comes_in_pieces_is_read_to_its_end(model: ModelEndpoint) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=400, headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for part in (b'{"error": {"param": ', b'"temperature", "code": "unsupported', b'_parameter"}}'):
            await response.write(part)
            await asyncio.sleep(0.05)
        return response

    model.conducts = [refuse, says("Fine.")]
    async with chat("Ann") as tab:
        assert (await tab.ask())["response"] == "Fine."
    assert ["temperature" in asked for asked in model.questions] == [True, False]
