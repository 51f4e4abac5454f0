"""What a model is told of danger, and what of its answer is said."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from pytest_django.fixtures import Settings

from chat_app import replies
from chat_app.memory import ChatMemoryManager
from chat_app.responders import OfflineResponder, llm
from chat_app.safety import LEVELS
from chat_app.safety.briefing import briefed
from chat_app.safety.fixed_texts import fixed_text
from nono import store
from sessions_app import personas
from sessions_app.manager import SessionManager
from tests.endpoint import ModelEndpoint, piece, refuses, says, sends
from tests.sockets import Tab, chat

pytestmark = pytest.mark.django_db(transaction=True)
memory = ChatMemoryManager()

CRISIS = "I want to kill myself"
IMMINENT = "Ich bringe mich jetzt um"
FIRST = fixed_text("imminent", "de")


async def elsewhere(what: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Runs what another process or a REST call does."""
    return await sync_to_async(what, thread_sensitive=False)(*arguments, **keywords)


@pytest.fixture
async def model(
    raw: redis.Redis, sessions: SessionManager, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ModelEndpoint]:
    """An endpoint that this installation is configured for, and a chat to talk to it."""
    monkeypatch.setattr(llm, "PAUSES", (0.01, 0.02))
    async with ModelEndpoint(says("Fine.")) as model:
        settings.LLM_BASE_URL, settings.LLM_MODEL = model.base_url, "tiny"
        await elsewhere(sessions.create_session, "Ann")
        yield model
        await replies.drain(10)
        await store.aclose()


async def say(tab: Tab, text: str) -> dict[str, Any]:
    await tab.send(type="message", text=text)
    return await tab.expect("complete")


def system(question: dict[str, Any]) -> str:
    first = question["messages"][0]
    assert first["role"] == "system"
    return str(first["content"])


async def test_the_model_is_told_the_level_from_then_on_and_nothing_before(model: ModelEndpoint) -> None:
    async with chat("Ann") as tab:
        for text in ("Hello", CRISIS, "Tell me something nice"):
            await say(tab, text)

    plain, danger, after = map(system, model.questions)
    assert plain == personas.get("default").system_prompt
    assert danger == after == briefed(plain, "crisis")
    assert "level crisis" in danger


@pytest.mark.parametrize("level", [level for level in LEVELS if level != "none"])
def test_every_level_has_its_words(level: Any) -> None:
    told = briefed("You are Nono.", level)

    assert told.startswith("You are Nono.\n\nFrom the server, ")
    assert "Say nothing about ways to die" in told


async def test_who_is_about_to_act_reads_a_fixed_text_first_in_their_language(model: ModelEndpoint) -> None:
    async with chat("Ann") as tab:
        ended = await say(tab, IMMINENT)
        later = await say(tab, "Danke")

    assert ended["response"] == f"{FIRST}\n\nFine."
    assert later["response"] == "Fine."
    first = next(frame for frame in tab.seen if frame["type"] == "chunk")
    assert first["content"].startswith(FIRST[:20])


async def test_the_fixed_text_is_kept_when_the_model_says_nothing(model: ModelEndpoint) -> None:
    model.conducts = [refuses(401)]
    async with chat("Ann") as tab:
        ended = await say(tab, IMMINENT)

    assert ended["state"] == "error"
    assert ended["response"] == f"{FIRST}\n\n"


async def test_the_offline_persona_begins_with_it_too(
    raw: redis.Redis, sessions: SessionManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OfflineResponder.__init__, "__kwdefaults__", {"pace": 0})
    await elsewhere(sessions.create_session, "Ann")
    async with chat("Ann") as tab:
        ended = await say(tab, IMMINENT)
    await replies.drain(10)
    await store.aclose()

    assert ended["response"].startswith(FIRST)


async def test_a_hostile_answer_is_never_seen_and_ends_where_it_turned(model: ModelEndpoint) -> None:
    model.conducts = [says("You", " poor", " thing.", " You", " should", " kill", " yourself", ".", " Goodbye", ".")]
    async with chat("Ann") as tab:
        ended = await say(tab, CRISIS)

    seen = "".join(frame["content"] for frame in tab.seen if frame["type"] == "chunk")
    assert seen == ended["response"]
    assert "kill yourself" not in seen
    assert "Goodbye" not in seen
    assert seen.startswith("You poor thing. You should")
    assert seen.endswith(fixed_text("encouragement", "en"))
    assert ended["state"] == "done"


async def test_a_way_to_do_it_is_left_out_where_danger_was_found_and_is_plain_talk_elsewhere(
    model: ModelEndpoint,
) -> None:
    model.conducts = [says("Take 40 tablets at once. More.")]
    async with chat("Ann") as tab:
        before = await say(tab, "What does the recipe say?")
        after = await say(tab, CRISIS)

    assert before["response"] == "Take 40 tablets at once. More."
    assert "tablets" not in after["response"]


async def test_claims_are_put_right_in_any_chat(model: ModelEndpoint) -> None:
    model.conducts = [says("I am a licensed therapist. Tell me more.")]
    async with chat("Ann") as tab:
        ended = await say(tab, "Who are you?")

    assert ended["response"] == f"{fixed_text('claim', 'en')}\n\nTell me more."


async def test_what_was_held_back_is_said_when_the_answer_breaks_off(model: ModelEndpoint) -> None:
    model.conducts = [sends(piece("You can go on: I will"), None)]
    async with chat("Ann") as tab:
        await tab.send(type="message", text="Hello")
        await tab.expect("chunk")
        await tab.send(type="stop")
        stopped = await tab.expect("complete")
    assert stopped["response"] == "You can ", "what was never shown is not kept either"

    model.conducts = [sends(piece("I will help"), b"data: nonsense\n\n")]
    async with chat("Ann") as tab:
        broken = await say(tab, "Hello")

    assert (broken["state"], broken["response"]) == ("interrupted", "I will help")


async def test_an_answer_that_must_end_is_not_listened_to_any_longer(model: ModelEndpoint) -> None:
    model.conducts = [sends(piece("Just kill yourself. "), None)]
    async with chat("Ann") as tab:
        ended = await say(tab, CRISIS)

    assert ended["state"] == "done"
    assert await model.hung_up.get()
