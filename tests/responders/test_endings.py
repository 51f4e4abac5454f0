"""How replies end: where the endpoint says so and not before, with its reason kept and said."""

import json
import re
from typing import Any

import pytest

from tests.responders.scenarios import ALL, How, Scenario, Stage, cases, fails
from tests.support.scripted_endpoint import DONE, ENDING, USAGE, answers_whole, cuts, delta, event, piece, says, sends
from tests.support.sockets import chat

EMPTY = frozenset({"empty"})
WITHHELD = frozenset({"policy", "empty"})
CALL = [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]


def broken(*parts: bytes | None, **expected: Any) -> Scenario:
    """Breaks off after a word."""
    settled = {"reason": frozenset({"broken", "unreachable", "timeout"}), **expected}
    return Scenario([sends(*parts)], text="One ", state="interrupted", finish=None, **settled)


ENDINGS = {
    "a finish on every piece, with pauses": Scenario(
        [sends(piece("One ", finish="stop"), piece("two", finish="stop") + DONE, pause=1.2)], text="One two"
    ),
    "a finish on every piece, at once": Scenario(
        [sends(*(piece(letter, finish="stop") for letter in "abc"), DONE)], text="abc"
    ),
    "an empty finish on every piece": Scenario(
        [sends(*(piece(letter, finish="") for letter in "abc"), *ENDING)], text="abc"
    ),
    "text behind the finish": Scenario(
        [sends(piece("One "), piece(None, finish="stop"), piece("two"), DONE)], text="One two"
    ),
    "a finish on every piece, and another at the end": Scenario(
        [sends(piece("Hi.", finish="stop"), piece(None, finish="length"), DONE)], finish="length"
    ),
    "the count of tokens, late": Scenario([sends(piece("Hi.", finish="stop"), USAGE + DONE, pause=0.3)]),
    "no DONE": Scenario([sends(piece("Hi."), piece(None, finish="stop"))]),
    "no DONE, the finish with the last word": Scenario([sends(piece("Hi.", finish="stop"))]),
    "LiteLLM: an empty delta behind the finish": Scenario(
        [sends(piece("Hi.", finish="stop"), event({"choices": [{"index": 0, "delta": {}}], "usage": {}}), DONE)]
    ),
    "DONE and no finish": Scenario([sends(piece("Hi."), DONE)], finish=None),
    "DONE in another dress": Scenario([sends(piece("Hi.", finish="stop"), b"data:[DONE]\r\n\r\n")]),
    "DONE and no end of the body": Scenario([sends(piece("Hi."), *ENDING, None)], seconds=2.5),
    "DONE twice": Scenario([sends(piece("Hi."), *ENDING, DONE)]),
    "text behind DONE": Scenario([sends(piece("Hi."), *ENDING, piece("no"))]),
    "silence well after the finish": Scenario(
        [sends(piece("Hi.", finish="stop"), None)], settings={"LLM_SILENCE_TIMEOUT": 0.5}
    ),
    "a cut behind the finish": Scenario([cuts(piece("Hi.", finish="stop"))]),
    "length": Scenario([sends(piece("Hi."), piece(None, finish="length"), DONE)], finish="length", how=ALL),
    "length in a whole answer": Scenario([answers_whole("Hi.", "length")], finish="length"),
    "length without a word": fails(sends(piece(None, finish="length"), DONE), reason=EMPTY, finish="length", how=ALL),
    "withheld in the middle": Scenario(
        [sends(piece("One "), piece(None, finish="content_filter"), DONE)],
        text="One ",
        finish="content_filter",
        how=ALL,
    ),
    "withheld from the beginning": fails(
        sends(piece(None, finish="content_filter"), DONE), reason=WITHHELD, finish="content_filter", how=ALL
    ),
    "withheld in a whole answer": fails(
        answers_whole(None, "content_filter"), reason=WITHHELD, finish="content_filter"
    ),
    "a refusal in its own field": Scenario(
        [sends(delta(refusal="I will "), delta(refusal="not."), *ENDING)], text="I will not.", finish="refusal", how=ALL
    ),
    "a refusal in a whole answer": Scenario(
        [answers_whole(None, refusal="I will not.")], text="I will not.", finish="refusal"
    ),
    "a refusal that is null": Scenario([sends(delta(content="Hi.", refusal=None), *ENDING)]),
    "tool calls behind text": Scenario(
        [sends(piece("Hi."), delta(tool_calls=CALL), piece(None, finish="tool_calls"), DONE)], finish="tool_calls"
    ),
    "tool calls alone": fails(
        sends(delta(content=None, tool_calls=CALL), piece(None, finish="tool_calls"), DONE),
        reason=EMPTY,
        finish="tool_calls",
    ),
    "another reason": Scenario([sends(piece("Hi.", finish="eos_token"), DONE)], finish="eos_token"),
    "a reason that is no word": Scenario([sends(piece("Hi.", finish="<b>bold & long</b>"), DONE)], finish=None),
    "a reason that is too long": Scenario([sends(piece("Hi.", finish="x" * 5000), DONE)], finish=None),
    "a reason that is a number": Scenario(
        [sends(event({"choices": [{"delta": {"content": "Hi."}, "finish_reason": 7}]}), DONE)], finish=None
    ),
    "a reason that is a table": Scenario(
        [sends(event({"choices": [{"delta": {"content": "Hi."}, "finish_reason": {"a": 1}}]}), DONE)], finish=None
    ),
    "white space alone": fails(says(" ", "\n"), reason=EMPTY, finish="stop"),
    "nothing": fails(sends(*ENDING), reason=EMPTY, finish="stop", how=ALL),
    "nothing in a whole answer": fails(answers_whole(""), reason=EMPTY, finish="stop"),
    "a cut in the middle": Scenario(
        [cuts(piece("One "))],
        text="One ",
        state="interrupted",
        finish=None,
        reason=frozenset({"broken", "unreachable"}),
        how=ALL,
    ),
    "an end without a word of it": broken(piece("One ")),
    "an event that is cut": broken(piece("One "), piece("two")[:20]),
}


@cases(ENDINGS)
async def test_a_reply_ends_where_the_endpoint_says_so(scenario: Scenario, how: How, stage: Stage) -> None:
    await stage.play(scenario, how)


NOTES = {"length": r"length|cut", "content_filter": r"with.?held", "refusal": r"refus|declin"}
"""What an export says of a reply, in words that may change."""


@pytest.mark.parametrize("kind", ["markdown", "html"])
@pytest.mark.parametrize(("reason", "note"), NOTES.items())
async def test_exports_say_how_a_reply_ended(stage: Stage, kind: str, reason: str, note: str) -> None:
    await stage.ask("rest")
    assert not await says_in_the_chat(stage, kind, note)
    field = "refusal" if reason == "refusal" else "content"
    stage.model.conducts = [sends(delta(**{field: "Hi."}), delta("stop" if reason == "refusal" else reason), DONE)]
    await stage.ask("rest")
    assert await says_in_the_chat(stage, kind, note)


async def says_in_the_chat(stage: Stage, kind: str, note: str) -> bool:
    exported = (await stage.get(f"export?format={kind}")).content.decode()
    return bool(re.search(note, exported[exported.index("Hello?") :], re.IGNORECASE))


class TestContinue:
    """The rest of a reply that was cut comes as a reply of its own, behind the one that it continues."""

    async def test_the_rest_of_a_cut_reply_is_a_reply_of_its_own(self, stage: Stage) -> None:
        stage.model.conducts = [sends(piece("One two"), piece(None, finish="length"), DONE), says(" three.")]
        async with chat("Ann") as tab:
            cut = await tab.ask("Count.")
            await tab.send(type="continue")
            rest = await tab.expect("complete")
        assert (rest["state"], rest["response"].strip()) == ("done", "three.")
        assert rest["message"]["seq"] == cut["message"]["seq"] + 1
        told = rest["message"]["metadata"]
        assert (told["in_reply_to"], told["continues"]) == (cut["message"]["seq"], True)
        asked = json.dumps(stage.model.questions[-1]["messages"])
        assert "Count." in asked
        assert "One two" in asked

    async def test_the_rest_may_be_cut_and_continued(self, stage: Stage) -> None:
        stage.model.conducts = [sends(piece("One "), piece(None, finish="length"), DONE)] * 2 + [says("three.")]
        async with chat("Ann") as tab:
            await tab.ask("Count.")
            await tab.send(type="continue")
            assert (await tab.expect("complete"))["message"]["metadata"]["finish_reason"] == "length"
            await tab.send(type="continue")
            assert (await tab.expect("complete"))["message"]["metadata"]["finish_reason"] == "stop"

    async def test_what_follows_is_asked_with_both(self, stage: Stage) -> None:
        stage.model.conducts = [sends(piece("One"), piece(None, finish="length"), DONE), says("two."), says("Fine.")]
        async with chat("Ann") as tab:
            await tab.ask("Count.")
            await tab.send(type="continue")
            await tab.expect("complete")
            await tab.ask("Thanks.")
        roles = [message["role"] for message in stage.model.questions[-1]["messages"]]
        assert roles == ["system", "user", "assistant", "user"]
        assert stage.model.questions[-1]["messages"][-1]["content"] == "Thanks."

    async def test_a_whole_reply_is_not_continued(self, stage: Stage) -> None:
        async with chat("Ann") as tab:
            await tab.ask()
            await tab.send(type="continue")
            assert (await tab.expect("error"))["code"] == "invalid_request"
        assert len(stage.model.questions) == 1

    async def test_nothing_is_not_continued(self, stage: Stage) -> None:
        async with chat("Ann") as tab:
            await tab.send(type="continue")
            assert (await tab.expect("error"))["code"] == "invalid_request"

    async def test_a_question_is_not_continued(self, stage: Stage) -> None:
        stage.model.conducts = [sends(piece("One "), None)]
        async with chat("Ann") as tab:
            await tab.send(text="Hello?")
            await tab.expect("chunk")
            await tab.send(type="continue")
            assert (await tab.expect("error"))["code"] == "invalid_request"
            await tab.send(type="stop")
            await tab.expect("complete")
