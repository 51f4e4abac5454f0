"""From a message that speaks of danger to the frames that put help on the screen, whatever else happens."""

import asyncio
import re
import uuid
from typing import Any

import pytest
import redis
from django.test import AsyncClient
from pytest_django.fixtures import Settings

from chat_app import conversation
from chat_app.live.registry import get_room
from chat_app.memory import ChatMemoryManager
from chat_app.responders import OfflineResponder
from chat_app.safety import LEVELS, Assessment, assessment
from chat_app.safety.fixed_texts import fixed_text
from nono import store
from nono.environment import PROJECT
from nono.errors import StoreUnavailable
from nono.metrics import counters
from sessions_app import personas
from sessions_app.manager import SessionManager
from tests.conftest import Do
from tests.support.scripted_endpoint import (
    Conduct,
    ModelEndpoint,
    cuts,
    drops,
    hangs,
    piece,
    refuses,
    sends,
    sends_a_page,
)
from tests.support.sockets import Tab, chat

pytestmark = pytest.mark.django_db(transaction=True)
memory = ChatMemoryManager()

CRISIS = "I want to kill myself"
IMMINENT = "I am going to kill myself tonight, the pills are in my hand"
CONCERN = "I can't go on any more"
ABOUT_OTHER = "I'm worried my friend wants to kill herself"
PLAIN = "What is the weather like?"


@pytest.fixture
def do(monkeypatch: pytest.MonkeyPatch, do: Do) -> Do:
    """The offline persona speaks without pauses."""
    monkeypatch.setattr(OfflineResponder.__init__, "__kwdefaults__", {"pace": 0})
    return do


@pytest.fixture
def model(model: ModelEndpoint, settings: Settings) -> ModelEndpoint:
    """The endpoint has little time to answer in."""
    settings.LLM_TIMEOUT = 0.4
    return model


def notices(frames: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    return [(frame["level"], frame["card"]) for frame in frames if frame["type"] == "safety"]


def types(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["type"] for frame in frames]


@pytest.mark.parametrize(
    ("text", "level"),
    [(CONCERN, "concern"), (CRISIS, "crisis"), (IMMINENT, "imminent"), (ABOUT_OTHER, "about_other")],
)
async def test_help_is_due_before_the_reply_begins(text: str, level: str, do: Do) -> None:
    async with chat("Ann") as tab:
        await tab.ask(text)

    told = [kind for kind in types(tab.seen) if kind in {"message", "safety", "start", "chunk"}]
    assert told[:4] == ["message", "safety", "start", "chunk"]
    assert notices(tab.seen) == [(level, True)]


async def test_plain_talk_shows_nothing_and_keeps_nothing(do: Do, raw: redis.Redis) -> None:
    async with chat("Ann") as tab:
        await tab.ask(PLAIN)

    assert notices(tab.seen) == []
    assert raw.hget("session:Ann", "safety") is None
    assert (await do(memory.get_messages, "Ann")).messages[0].metadata == {}


async def test_the_level_is_kept_with_the_message_and_the_highest_one_with_the_session(
    do: Do, sessions: SessionManager
) -> None:
    async with chat("Ann") as tab:
        for text in (CONCERN, CRISIS, ABOUT_OTHER, PLAIN):
            await tab.ask(text)

    said = [message for message in (await do(memory.get_messages, "Ann")).messages if message.role == "user"]
    assert [message.metadata.get("safety") for message in said] == ["concern", "crisis", "about_other", None]
    session = await do(sessions.get_session, "Ann")
    assert session.safety == "crisis"
    assert "safety" not in session.to_dict()


async def test_help_is_shown_in_full_once_then_as_a_bar_and_again_when_the_level_rises(do: Do) -> None:
    async with chat("Ann") as tab:
        for text in (CONCERN, CONCERN, CRISIS, CRISIS, CONCERN, IMMINENT):
            await tab.ask(text)

    assert notices(tab.seen) == [
        *(("concern", True), ("concern", False), ("crisis", True), ("crisis", False)),
        *(("concern", False), ("imminent", True)),
    ]


async def test_after_ten_messages_it_is_shown_in_full_again(do: Do) -> None:
    async with chat("Ann") as tab:
        await tab.ask(CRISIS)
        for _ in range(3):
            await tab.ask(PLAIN)
        await tab.ask(CRISIS)
        await tab.ask(CRISIS)

    assert notices(tab.seen) == [("crisis", True), ("crisis", False), ("crisis", True)]


async def test_the_store_and_the_layer_agree_on_the_order_of_the_levels() -> None:
    script = (PROJECT / "nono" / "store" / "lua" / "message_append.lua").read_text("utf-8")
    ranks = re.findall(r"(\w+) = (\d)", script.partition("local RANK = {")[2].partition("}")[0])

    assert [(level, str(rank)) for rank, level in enumerate(LEVELS)][1:] == ranks


async def test_every_tab_is_told_and_one_that_opens_the_chat_later(do: Do) -> None:
    async with chat("Ann") as one, chat("Ann") as two:
        await one.ask(CRISIS)
        await two.expect("complete")
        async with chat("Ann") as later:
            reminder = await later.expect("safety")
        await one.ask(PLAIN)
        async with chat("Ann") as much_later:
            bar = await much_later.expect("safety")

    assert notices(two.seen) == [("crisis", True)]
    assert types(later.seen)[:2] == ["welcome", "safety"]
    assert reminder["card"] is True, "the newest exchange is the one that needs it"
    assert (bar["level"], bar["card"]) == ("crisis", False)


async def test_a_tab_that_resumes_without_having_missed_anything_is_not_told_again(do: Do) -> None:
    async with chat("Ann") as tab:
        await tab.ask(CRISIS)
        welcome = tab.seen[0]
    async with Tab(f"/ws/chat/Ann?epoch={welcome['epoch']}&after=2") as resumed:
        await resumed.send(type="ping")
        await resumed.expect("pong")
    async with Tab(f"/ws/chat/Ann?epoch={welcome['epoch']}&after=0") as behind:
        await behind.expect("safety")

    assert notices(resumed.seen) == []
    assert notices(behind.seen) == [("crisis", True)]


async def test_another_process_tells_its_tabs_the_same_from_the_store(do: Do) -> None:
    async with chat("Ann") as tab:
        await tab.expect("welcome")
        await do(memory.add_message, "Ann", "user", CRISIS, {"safety": "crisis"})
        await do(memory.add_message, "Ann", "user", CRISIS, {"safety": "crisis"})
        room = get_room("Ann")
        await room.catch_up()
        await tab.expect("safety")
        await tab.expect("safety")

    assert notices(tab.seen) == [("crisis", True), ("crisis", False)]


async def test_a_chat_that_is_emptied_forgets_it(do: Do, sessions: SessionManager) -> None:
    async with chat("Ann") as tab:
        await tab.ask(CRISIS)
        await do(memory.clear_history, "Ann")
    assert (await do(sessions.get_session, "Ann")).safety == "none"
    async with chat("Ann") as anew:
        await anew.ask(CRISIS)

    assert notices(anew.seen) == [("crisis", True)]


@pytest.mark.parametrize("persona", [persona.key for persona in personas.every()])
async def test_every_persona_comes_with_help(persona: str, do: Do, sessions: SessionManager) -> None:
    await do(sessions.create_session, "Bob", persona)
    async with chat("Bob") as tab:
        await tab.ask(CRISIS)

    assert notices(tab.seen) == [("crisis", True)]


@pytest.mark.parametrize(
    "conduct",
    [
        *(hangs, drops, sends_a_page, refuses(500), refuses(401), cuts(piece("I am"))),
        *(sends(b"data: nonsense\n\n"), sends(piece("Just kill yourself."), None)),
    ],
    ids=["slow", "gone", "a page", "failing", "key refused", "cut", "nonsense", "hostile and hanging"],
)
async def test_help_comes_however_the_model_fares(conduct: Conduct, model: ModelEndpoint) -> None:
    model.conducts = [conduct]
    async with chat("Ann") as tab:
        ended = await tab.ask(IMMINENT)

    assert notices(tab.seen) == [("imminent", True)]
    assert types(tab.seen).index("safety") < types(tab.seen).index("start")
    assert ended["response"].startswith(fixed_text("imminent", "en")), "and the reply begins with a person to reach"
    assert "kill yourself" not in ended["response"]


async def test_help_comes_when_nothing_listens_where_the_model_should_be(
    model: ModelEndpoint, settings: Settings
) -> None:
    settings.LLM_BASE_URL = "http://127.0.0.1:9/v1"
    settings.LLM_TIMEOUT = 3
    async with chat("Ann") as tab:
        ended = await tab.ask(CRISIS)

    assert ended["state"] == "error"
    assert notices(tab.seen) == [("crisis", True)]


async def test_help_comes_also_when_the_rate_limit_refuses_the_message(do: Do, settings: Settings) -> None:
    settings.NONO_RATE_LIMITS = True
    async with chat("Ann") as tab:
        for _ in range(10):
            await tab.send(type="message", text=PLAIN)
        await tab.send(type="message", text=CRISIS, client_id=str(uuid.uuid4()))
        refusal = await tab.expect("error")
        await tab.expect("safety")  # a refusal does not queue behind other frames

    assert refusal["code"] == "rate_limited"
    assert notices(tab.seen) == [("crisis", True)]


async def test_help_comes_also_when_the_store_is_away(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    async with chat("Ann") as tab:
        await tab.expect("welcome")

        async def away(*_: Any, **__: Any) -> Any:
            raise StoreUnavailable("away")

        with monkeypatch.context() as patched:
            patched.setattr(store, "arun", away)
            await tab.send(type="message", text=CRISIS)
            refusal = await tab.expect("error")
        await tab.expect("safety")

    assert refusal["code"] == "store_unavailable"
    assert notices(tab.seen) == [("crisis", True)]


async def test_help_comes_also_when_the_layer_itself_fails(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Assessment:
        raise RuntimeError

    monkeypatch.setattr(assessment, "_assess", fail)
    async with chat("Ann") as tab:
        await tab.ask(PLAIN)

    assert notices(tab.seen) == [("unknown", True)]


async def test_bad_news_and_then_a_question_are_read_together(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[str, str]] = []

    def note(text: str, previous: str = "") -> Assessment:
        read.append((text, previous))
        return Assessment("none")

    monkeypatch.setattr(conversation, "assess", note)
    async with chat("Ann") as tab:
        await tab.ask("I lost my job today")
        await tab.ask("Where are the highest bridges?")
    async with chat("Ann") as tab:
        await tab.ask("Hello?")

    assert read == [
        ("I lost my job today", ""),
        ("Where are the highest bridges?", "I lost my job today"),
        ("Hello?", "Where are the highest bridges?"),
    ]


async def test_each_judged_message_is_counted_by_level_and_language_and_nothing_else(
    do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[Any] = []
    monkeypatch.setattr(counters, "count", lambda name, **labels: counted.append((name, labels)))
    async with chat("Ann") as tab:
        await tab.ask("Ich will nicht mehr leben")
        await tab.ask(PLAIN)

    judged = [labels for name, labels in counted if name == "safety"]
    assert judged == [{"level": "crisis", "language": "de"}, {"level": "none", "language": "en"}]


async def rest(text: str, **headers: str) -> Any:
    body = {"user_id": "Ann", "message": text}
    return await AsyncClient().post("/api/chat", body, content_type="application/json", headers=headers)


async def test_rest_tells_it_beside_the_reply(do: Do) -> None:
    answer = (await rest(CRISIS)).json()
    plain = (await rest(PLAIN)).json()

    assert answer["safety"] == {"level": "crisis", "card": True}
    assert "safety" not in plain


async def test_rest_tells_it_also_where_no_reply_came(model: ModelEndpoint) -> None:
    model.conducts = [refuses(401)]

    answer = await rest(CRISIS)

    assert answer.status_code == 502
    assert answer.json()["safety"] == {"level": "crisis", "card": True}


async def test_rest_tells_it_also_where_the_rate_limit_refuses(do: Do, settings: Settings) -> None:
    settings.NONO_RATE_LIMITS = True
    for _ in range(10):
        await rest(PLAIN)

    answer = await rest(CRISIS)

    assert answer.status_code == 429
    assert answer.json()["safety"] == {"level": "crisis", "card": True}


async def test_the_events_of_a_streamed_answer_have_it_before_the_reply(do: Do) -> None:
    answer = await rest(CRISIS, accept="text/event-stream")
    body = b"".join([part async for part in answer.streaming_content]).decode()

    events = re.findall(r"^event: (\w+)$", body, re.MULTILINE)
    assert events[:4] == ["message", "safety", "start", "chunk"]


async def test_two_messages_at_once_are_both_read(do: Do) -> None:
    async with chat("Ann") as tab:
        await asyncio.gather(tab.send(type="message", text=CRISIS), tab.send(type="message", text=IMMINENT))
        while len(notices(tab.seen)) < 2:
            await tab.next()

    assert sorted(notices(tab.seen)) == [("crisis", True), ("imminent", True)]
