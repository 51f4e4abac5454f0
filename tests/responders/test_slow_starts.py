"""Models that load, think or speak slowly: waited for as long as the settings say, and said to be waited for."""

import time
from typing import Any

from tests.responders.refusals import llama_cpp, string
from tests.responders.scenarios import ALL, THOUGHT, How, Scenario, Stage, cases, fails
from tests.support.scripted_endpoint import (
    ENDING,
    SECRET,
    Conduct,
    answers_whole,
    delta,
    event,
    hangs,
    piece,
    refuses,
    refuses_with,
    says,
    sends,
    waits,
)
from tests.support.sockets import chat

TIMEOUT = frozenset({"timeout"})
ROLE = delta(role="assistant")


def times(first: float = 5.0, silence: float = 5.0, whole: float = 20.0) -> dict[str, float]:
    return {"LLM_FIRST_BYTE_TIMEOUT": first, "LLM_SILENCE_TIMEOUT": silence, "LLM_TIMEOUT": whole}


def loads(refusal: Conduct, count: int = 3, **expected: Any) -> Scenario:
    """Answers that it is loading, ``count`` times."""
    return Scenario([refusal] * count + [says("Hi.")], questions=count + 1, phases=("loading",), **expected)


LOADING = llama_cpp("Loading model", status=503, type="unavailable_error")

WAITED_FOR = {
    "nothing for longer than it may be silent": Scenario([waits(0.8, says("Hi."))], settings=times(silence=0.3)),
    "a whole answer, late": Scenario([waits(0.8, answers_whole("Hi."))], settings=times(silence=0.3)),
    "headers, and no word for long": Scenario(
        [sends(*[ROLE] * 8, piece("Hi."), b"".join(ENDING), pause=0.15)], settings=times(silence=1.0)
    ),
    "comments before the first word": Scenario(
        [sends(*[b": processing\n\n"] * 8, piece("Hi."), b"".join(ENDING), pause=0.15)], settings=times(silence=1.0)
    ),
    "empty choices before the first word": Scenario(
        [sends(*[event({"choices": []})] * 8, piece("Hi."), b"".join(ENDING), pause=0.15)], settings=times(silence=1.0)
    ),
    "one word a while, longer than any silence": Scenario(
        [says(*"abcdef", pause=0.15)], text="abcdef", settings=times(first=1.0, silence=1.0), how=ALL
    ),
    "reasoning, longer than any silence": Scenario(
        [sends(*[delta(reasoning_content=THOUGHT)] * 8, piece("Hi."), b"".join(ENDING), pause=0.15)],
        settings=times(first=1.0, silence=1.0),
        phases=("thinking",),
    ),
    "reasoning in tags, longer than any silence": Scenario(
        [says("<think>", *[THOUGHT] * 4, "</think>", "Hi.", pause=0.15)],
        settings=times(first=1.0, silence=1.0),
        phases=("thinking",),
    ),
    "llama.cpp loads": loads(LOADING, how=ALL),
    "Ollama loads": loads(string("model is loading", status=503)),
    "a page while it loads": loads(refuses_with(503, f"<html>{SECRET}".encode(), Content_Type="text/html")),
    "Hugging Face loads": loads(
        refuses_with(503, {"error": f"Model tiny is currently loading {SECRET}", "estimated_time": 20.0})
    ),
    "asked to come again": loads(refuses(503, Retry_After="1"), count=1),
    "five times": loads(LOADING, count=5, settings=times(first=10)),
    "loads, then thinks": Scenario(
        [LOADING, sends(delta(reasoning_content=THOUGHT), piece("Hi."), *ENDING)],
        questions=2,
        phases=("loading", "thinking"),
    ),
    "loads, then fails": fails(LOADING, refuses(401), reason="key", questions=2, phases=("loading",)),
}

GIVEN_UP = {
    "nothing at all": fails(hangs, reason=TIMEOUT, settings=times(first=0.4), seconds=3, how=ALL),
    "loads for ever": fails(
        LOADING,
        reason=TIMEOUT | {"busy"},  # the last request may be under way when the time is over
        questions=(2, 99),
        phases=("loading",),
        settings=times(first=1.2),
        seconds=8,
        how=ALL,
    ),
    "loads for ever and asks for patience": fails(
        refuses(503, Retry_After="1"),
        reason="busy",
        questions=(1, 3),
        phases=None,
        settings=times(first=1.5),
        seconds=5,
    ),
    "silence after the role": fails(sends(ROLE, None), reason=TIMEOUT, settings=times(silence=0.4), seconds=4),
    "silence in the midst of reasoning": fails(
        sends(delta(reasoning_content=THOUGHT), None),
        reason=TIMEOUT,
        phases=("thinking",),
        settings=times(silence=0.4),
        seconds=4,
    ),
    "silence in the middle": Scenario(
        [sends(piece("One "), None)],
        text="One ",
        state="interrupted",
        finish=None,
        reason="timeout",
        settings=times(silence=0.4),
        seconds=4,
        how=ALL,
    ),
    "words without end": Scenario(
        [sends(piece("One "), *[b": wait\n\n"] * 100, pause=0.1)],
        text="One ",
        state="interrupted",
        finish=None,
        reason="timeout",
        settings=times(whole=0.8),
        seconds=4,
    ),
    "reasoning without end": fails(
        sends(*[delta(reasoning_content=THOUGHT)] * 100, pause=0.1),
        reason=TIMEOUT,
        phases=("thinking",),
        settings=times(whole=0.8),
        seconds=4,
    ),
}


@cases(WAITED_FOR)
async def test_who_is_slow_is_waited_for(scenario: Scenario, how: How, stage: Stage) -> None:
    await stage.play(scenario, how)


@cases(GIVEN_UP)
async def test_who_is_too_slow_is_given_up_in_time(scenario: Scenario, how: How, stage: Stage) -> None:
    await stage.play(scenario, how)


async def test_the_page_learns_that_a_model_loads_while_it_does(stage: Stage) -> None:
    stage.model.conducts = [LOADING, waits(0.5, says("Hi."))]
    async with chat("Ann") as tab:
        await tab.send(text="Hello?")
        await tab.expect("status")
        began = time.monotonic()
        await tab.expect("chunk")
        assert time.monotonic() - began > 0.2, "it is said before the answer comes and not with it"


async def test_who_comes_later_learns_what_a_reply_waits_for(stage: Stage) -> None:
    stage.model.conducts = [sends(delta(reasoning_content=THOUGHT), None)]
    async with chat("Ann") as tab:
        await tab.send(text="Hello?")
        status = await tab.expect("status")
        async with chat("Ann") as later:
            running = (await later.expect("welcome"))["running"]
        await tab.send(type="stop")
        await tab.expect("complete")
    assert (running["reply_id"], running["phase"]) == (status["reply_id"], "thinking")
    assert running["since"] == status["since"]


async def test_a_reply_that_says_something_waits_for_nothing(stage: Stage) -> None:
    stage.model.conducts = [sends(piece("One "), None)]
    async with chat("Ann") as tab:
        await tab.send(text="Hello?")
        await tab.expect("chunk")
        async with chat("Ann") as later:
            running = (await later.expect("welcome"))["running"]
        await tab.send(type="stop")
        assert (await tab.expect("complete"))["state"] == "stopped"
    assert running["phase"] == ""


async def test_a_loading_model_can_be_stopped_at_once(stage: Stage) -> None:
    stage.model.conducts = [LOADING]
    async with chat("Ann") as tab:
        await tab.send(text="Hello?")
        await tab.expect("status")
        began = time.monotonic()
        await tab.send(type="stop")
        assert (await tab.expect("complete"))["state"] == "stopped"
    assert time.monotonic() - began < 3
