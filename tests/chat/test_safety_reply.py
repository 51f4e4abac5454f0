"""What a model is told of danger, and what of its answer is said."""

from typing import Any

import pytest

from chat_app.memory import ChatMemoryManager
from chat_app.responders import OfflineResponder
from chat_app.safety import LEVELS
from chat_app.safety.fixed_texts import fixed_text
from chat_app.safety.prompt import briefed
from sessions_app import personas
from sessions_app.manager import SessionManager
from tests.conftest import Do
from tests.support.scripted_endpoint import ModelEndpoint, piece, refuses, says, sends
from tests.support.sockets import chat

pytestmark = pytest.mark.django_db(transaction=True)
memory = ChatMemoryManager()

CRISIS = "I want to kill myself"
IMMINENT = "Ich bringe mich jetzt um"
FIRST = fixed_text("imminent", "de")


def system(question: dict[str, Any]) -> str:
    first = question["messages"][0]
    assert first["role"] == "system"
    return str(first["content"])


async def test_the_model_is_told_the_level_from_then_on_and_nothing_before(model: ModelEndpoint) -> None:
    async with chat("Ann") as tab:
        for text in ("Hello", CRISIS, "Tell me something nice"):
            await tab.ask(text)

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
        ended = await tab.ask(IMMINENT)
        later = await tab.ask("Danke")

    assert ended["response"] == f"{FIRST}\n\nFine."
    assert later["response"] == "Fine."
    first = next(frame for frame in tab.seen if frame["type"] == "chunk")
    assert first["content"].startswith(FIRST[:20])


async def test_the_fixed_text_is_kept_when_the_model_says_nothing(model: ModelEndpoint) -> None:
    model.conducts = [refuses(401)]
    async with chat("Ann") as tab:
        ended = await tab.ask(IMMINENT)

    assert ended["state"] == "error"
    assert ended["response"] == f"{FIRST}\n\n"


@pytest.mark.parametrize("text", [IMMINENT, "I took all the pills an hour ago"])
@pytest.mark.parametrize("persona", [persona.key for persona in personas.every()])
async def test_the_offline_voice_says_it_and_nothing_after_it(
    text: str, persona: str, monkeypatch: pytest.MonkeyPatch, do: Do, sessions: SessionManager
) -> None:
    monkeypatch.setattr(OfflineResponder.__init__, "__kwdefaults__", {"pace": 0})
    await do(sessions.create_session, "Bob", persona)
    async with chat("Bob") as tab:
        ended = await tab.ask(text)

    assert ended["response"] == (FIRST if text == IMMINENT else fixed_text("imminent", "en"))


async def test_the_offline_voice_speaks_of_the_other_person(monkeypatch: pytest.MonkeyPatch, do: Do) -> None:
    monkeypatch.setattr(OfflineResponder.__init__, "__kwdefaults__", {"pace": 0})
    async with chat("Ann") as tab:
        ended = await tab.ask("Mein Freund sagt, er will sterben")

    assert ended["response"] == fixed_text("other", "de")


async def test_fixed_texts_speak_the_language_also_of_words_that_only_their_danger_tells(model: ModelEndpoint) -> None:
    model.conducts = [says("I am a licensed therapist.")]
    async with chat("Ann") as tab:
        ended = await tab.ask("qiero suisidarme")

    assert ended["response"].startswith(fixed_text("claim", "es"))


async def test_a_hostile_answer_is_never_seen_and_ends_where_it_turned(model: ModelEndpoint) -> None:
    model.conducts = [says("You", " poor", " thing.", " You", " should", " kill", " yourself", ".", " Goodbye", ".")]
    async with chat("Ann") as tab:
        ended = await tab.ask(CRISIS)

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
        before = await tab.ask("What does the recipe say?")
        after = await tab.ask(CRISIS)

    assert before["response"] == "Take 40 tablets at once. More."
    assert "tablets" not in after["response"]


async def test_claims_are_put_right_in_any_chat(model: ModelEndpoint) -> None:
    model.conducts = [says("I am a licensed therapist. Tell me more.")]
    async with chat("Ann") as tab:
        ended = await tab.ask("Who are you?")

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
        broken = await tab.ask("Hello")

    assert (broken["state"], broken["response"]) == ("interrupted", "I will help")


async def test_an_answer_that_must_end_is_not_listened_to_any_longer(model: ModelEndpoint) -> None:
    model.conducts = [sends(piece("Just kill yourself. "), None)]
    async with chat("Ann") as tab:
        ended = await tab.ask(CRISIS)

    assert ended["state"] == "done"
    assert await model.hung_up.get()
