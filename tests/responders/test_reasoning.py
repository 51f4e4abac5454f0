"""Models that think before they answer: what they think is no part of the reply, and nobody but them reads it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chat_app.safety.fixed_texts import fixed_text
from tests.responders.scenarios import ALL, THOUGHT, How, Scenario, Stage, cases, fails
from tests.support.scripted_endpoint import DONE, ENDING, Conduct, answers_whole, delta, piece, says, sends
from tests.support.sockets import chat

NAMED = ("think", "THINK", "thinking", "thought", "reasoning")
PLAN = (f"Well, {THOUGHT}. ", "Let me see.\n\n", "Yes.")
TAGGED = f"<think>\n{''.join(PLAN)}\n</think>\n\nHi."
EMPTY = frozenset({"empty"})


def thinks(field: str, *, pause: float = 0) -> Conduct:
    """Thinks in a field of its own, beside a content that is null or empty, and answers then."""
    plan = [delta(content=None if number else "", **{field: part}) for number, part in enumerate(PLAN)]
    return sends(delta(role="assistant"), *plan, piece("Hi."), *ENDING, pause=pause)


def parted(*parts: dict[str, Any]) -> bytes:
    return delta(content=list(parts))


def part(kind: str, text: Any) -> dict[str, Any]:
    return {"type": kind, kind: text}


def thought(reply: Conduct, **expected: Any) -> Scenario:
    return Scenario([reply], **{"phases": ("thinking",), **expected})


def said(reply: Conduct, text: str) -> Scenario:
    """What looks like reasoning and is an answer."""
    return Scenario([reply], text=text)


def letters(text: str) -> Iterator[bytes]:
    """Each byte of a whole answer alone, its escapes and event ends too."""
    for event in (piece(text), *ENDING):
        yield from (bytes([byte]) for byte in event)


APART = {
    "reasoning_content": thought(thinks("reasoning_content"), how=ALL),
    "reasoning": thought(thinks("reasoning")),
    "reasoning beside reasoning_content": thought(
        sends(delta(reasoning=PLAN[0], reasoning_content=PLAN[0]), piece("Hi."), *ENDING)
    ),
    "reasoning_details": thought(
        sends(
            delta(content="", reasoning_details=[{"type": "reasoning.text", "text": THOUGHT, "index": 0}]),
            delta(content="", reasoning_details=[{"type": "reasoning.encrypted", "data": THOUGHT}]),
            piece("Hi."),
            *ENDING,
        )
    ),
    "parts of Mistral": thought(
        sends(
            parted(part("thinking", [part("text", PLAN[0])])),
            parted(part("thinking", [part("text", PLAN[1])])),
            parted(part("text", "Hi.")),
            *ENDING,
        )
    ),
    "parts of Anthropic": thought(
        sends(
            parted(part("thinking", PLAN[0])),
            parted({"type": "redacted_thinking", "data": THOUGHT}),
            parted(part("text", "Hi.")),
            *ENDING,
        )
    ),
    "with the first word": thought(sends(delta(content="Hi.", reasoning_content=PLAN[0]), *ENDING), phases=None),
    "a whole answer": thought(answers_whole("Hi.", reasoning_content=THOUGHT), phases=None),
    "a whole answer with a tag": thought(answers_whole(TAGGED), phases=None),
    "a whole answer with parts": thought(answers_whole([part("thinking", THOUGHT), part("text", "Hi.")]), phases=None),
    "a null in the field": said(sends(delta(content="Hi.", reasoning_content=None, reasoning=None), *ENDING), "Hi."),
    **{f"<{name}>": thought(says(f"<{name}>", *PLAN, f"</{name}>", "Hi.")) for name in NAMED},
    "[THINK]": thought(says("[THINK]", *PLAN, "[/THINK]", "Hi.")),
    "behind white space": thought(says("\n\n", " <think>", *PLAN, "</think>", "\n\n", "Hi.")),
    "letter by letter": thought(says(*TAGGED)),
    "byte by byte": thought(sends(*letters(TAGGED))),
    "all at once": thought(says(TAGGED), phases=None),
    "thought twice": thought(says("<think>", THOUGHT, "</think>", f"<think>{THOUGHT}</think>", "Hi.")),
    "tags within the field's text": thought(sends(delta(reasoning=TAGGED.replace("Hi.", "")), piece("Hi."), *ENDING)),
    "Kimi's tags": thought(says("◁think▷", *PLAN, "◁/think▷", "Hi.")),
    "Seed's tags": thought(says("<seed:think>", *PLAN, "</seed:think>", "Hi.")),
    "gpt-oss without a parser": thought(
        says(
            *("<|channel|>", "analysis", "<|message|>", *PLAN, "<|end|>"),
            *("<|start|>", "assistant", "<|channel|>", "final", "<|message|>", "Hi."),
        )
    ),
    "nothing thought": thought(says("<think>\n\n</think>\n\n", "Hi."), phases=None),
    "only the end of it": Scenario([says(*PLAN, "</think>\n\n", "Hi.")], taken_back=True, phases=None, how=ALL),
    "only the end of it, letter by letter": Scenario(
        [says(*f"{''.join(PLAN)}\n</think>\n\nHi.")], taken_back=True, phases=None
    ),
    "only the end of [THINK]": Scenario([says(*PLAN, "[/THINK]", "Hi.")], taken_back=True, phases=None),
    "only the end of it in a whole answer": thought(
        answers_whole(f"{THOUGHT}</think>Hi."), phases=None, taken_back=True
    ),
}

TEXT = {
    "in backticks": said(
        says("Write `<think>` and ", "`</think>` around it."), "Write `<think>` and `</think>` around it."
    ),
    "first, in backticks": said(says("`<think>` opens it."), "`<think>` opens it."),
    "the end alone, in backticks": said(says("Close it with `</th", "ink>`."), "Close it with `</think>`."),
    "in a block of code": said(says("```xml\n<think>a</think>\n", "```\nSo."), "```xml\n<think>a</think>\n```\nSo."),
    "in a block of tildes": said(says("~~~\n<think>a</think>\n~~~\nSo."), "~~~\n<think>a</think>\n~~~\nSo."),
    "in a block of code with a language, cut": said(
        says("```", "html\n</th", "ink>\n```", "\nSo."), "```html\n</think>\n```\nSo."
    ),
    "the beginning of a tag": said(says("<", "3 to you."), "<3 to you."),
    "the beginning of a tag at the end": said(says("a <", "thin"), "a <thin"),
    "another tag": said(says("<thinker>", " is a word."), "<thinker> is a word."),
    "brackets": said(says("[THI", "S] is it."), "[THIS] is it."),
}

NO_ANSWER = {
    "nothing but reasoning": fails(
        sends(delta(reasoning_content=THOUGHT), *ENDING), reason=EMPTY, finish="stop", phases=("thinking",), how=ALL
    ),
    "nothing but reasoning to the limit": fails(
        sends(delta(reasoning_content=THOUGHT), piece(None, finish="length"), DONE),
        reason=EMPTY,
        finish="length",
        phases=("thinking",),
        how=ALL,
    ),
    "a tag without an end": fails(says("<think>", *PLAN), reason=EMPTY, finish="stop", phases=("thinking",)),
    "a tag without an end to the limit": fails(
        sends(piece(f"<think>{THOUGHT}"), piece(None, finish="length"), DONE),
        reason=EMPTY,
        finish="length",
        phases=("thinking",),
    ),
    "cut while it thinks": fails(
        sends(delta(reasoning_content=THOUGHT)),
        reason=frozenset({"broken", "empty", "unreachable"}),
        phases=("thinking",),
        questions=(1, 3),
    ),
}


@cases(APART | TEXT | NO_ANSWER)
async def test_reasoning_is_no_part_of_the_reply(scenario: Scenario, how: How, stage: Stage) -> None:
    await stage.play(scenario, how)


@pytest.mark.parametrize("opened", ["<think>", ""], ids=["both tags", "the closing tag alone"])
async def test_a_tag_may_be_cut_anywhere(stage: Stage, opened: str) -> None:
    whole = f"{opened}{THOUGHT}</think>Hi."
    places = range(1, len(whole))
    stage.model.conducts = [says(whole[:place], whole[place:]) for place in places]
    async with chat("Ann") as tab:
        replies = [(await tab.ask())["response"] for _ in places]
    assert replies == ["Hi."] * len(places)
    assert THOUGHT not in json.dumps(stage.model.questions)


async def test_a_model_that_begins_inside_its_reasoning_may_answer_without_it(stage: Stage) -> None:
    inside = says(*PLAN, "</think>", "Hi.")
    stage.model.conducts = [inside, says("Hello, ", "Ann."), inside, says("Bye.")]
    async with chat("Ann") as tab:
        replies = [(await tab.ask())["response"] for _ in range(4)]
    assert replies == ["Hi.", "Hello, Ann.", "Hi.", "Bye."]


async def test_what_was_taken_back_begins_anew(stage: Stage) -> None:
    reply = await stage.play(Scenario([says(*PLAN, "</think>", "Hi.")], taken_back=True, phases=None), "socket")
    starts = [frame for frame in stage.frames if frame["type"] == "start"]
    assert [one["reply_id"] for one in starts] == [reply["id"]] * len(starts)
    chunks = [frame for frame in stage.frames[stage.frames.index(starts[-1]) :] if frame["type"] == "chunk"]
    assert chunks[0]["offset"] == 0


async def test_a_fixed_text_stays_when_reasoning_is_taken_back(stage: Stage) -> None:
    stage.model.conducts = [says(*PLAN, "</think>", "Hi.")]
    response = await stage.ask("socket", "I am going to kill myself tonight")
    assert response == f"{fixed_text('imminent', 'en')}\n\nHi."


async def test_what_is_only_thought_is_not_put_right(stage: Stage) -> None:
    wrong = "I am a licensed therapist. "
    await stage.play(Scenario([says(f"<think>{wrong}</think>", "Hi.")], phases=("thinking",)), "socket")
    stage.model.questions.clear()
    await stage.play(Scenario([says(wrong, "</think>", "Hi.")], taken_back=True, phases=None), "socket")


class TestShown:
    """With NONO_SHOW_REASONING=on the reasoning is kept beside the reply, and still never asked again."""

    @pytest.fixture(autouse=True)
    def _shown(self, stage: Stage) -> None:
        stage.settings.NONO_SHOW_REASONING = True

    @pytest.mark.parametrize(
        "conduct",
        [
            thinks("reasoning_content"),
            says("<think>", *PLAN, "</think>", "Hi."),
            says(*PLAN, "</think>", "Hi."),
            sends(parted(part("thinking", [part("text", "".join(PLAN))])), parted(part("text", "Hi.")), *ENDING),
            answers_whole("Hi.", reasoning_content="".join(PLAN)),
        ],
        ids=["a field", "tags", "the closing tag", "parts", "a whole answer"],
    )
    async def test_it_is_kept_in_the_metadata_alone(self, stage: Stage, conduct: Conduct) -> None:
        stage.model.conducts = [conduct]
        assert await stage.ask("socket") == "Hi."
        reply = await stage.last_reply()
        assert reply["metadata"]["reasoning"].strip() == "".join(PLAN)
        stage.model.conducts = [says("Next.")]
        await stage.ask("rest")
        assert THOUGHT not in json.dumps(stage.model.questions)
        assert THOUGHT not in stage.caplog.text

    async def test_it_has_a_bound(self, stage: Stage) -> None:
        stage.model.conducts = [sends(*[delta(reasoning_content="x" * 5000)] * 9, piece("Hi."), *ENDING)]
        await stage.ask("socket")
        assert len((await stage.last_reply())["metadata"]["reasoning"]) <= 20_000

    async def test_it_is_not_kept_where_danger_was_found(self, stage: Stage) -> None:
        stage.model.conducts = [thinks("reasoning_content")]
        await stage.ask("socket", "I want to kill myself")
        reply = await stage.last_reply()
        assert reply["content"].endswith("Hi.")
        assert "reasoning" not in reply["metadata"]

    async def test_a_reply_without_it_has_none(self, stage: Stage) -> None:
        await stage.ask("socket")
        assert "reasoning" not in (await stage.last_reply())["metadata"]
