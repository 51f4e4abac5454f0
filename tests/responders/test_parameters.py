"""Endpoints that refuse a field of the question: it is left out, renamed or folded, once and for all."""

import logging

import pytest

from tests.responders.refusals import (
    WITHOUT_SYSTEM,
    fastapi,
    flat,
    gemini,
    has_no,
    mistral,
    openai,
    roles_are,
    string,
)
from tests.responders.scenarios import ALL, GONE, How, Scenario, Stage, cases, fails
from tests.support.scripted_endpoint import (
    SECRET,
    Conduct,
    Question,
    answers_whole,
    event,
    refuses_unless,
    refuses_with,
    says,
    sends,
)
from tests.support.sockets import chat

WITHOUT_LIMIT = openai(
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    param="max_tokens",
    code="unsupported_parameter",
)
WITHOUT_HEAT = openai(
    "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.",
    param="temperature",
    code="unsupported_value",
)
WITHOUT_STREAM = openai(
    "Unsupported value: 'stream' does not support true with this model. Supported values are: false.",
    param="stream",
    code="unsupported_value",
)


def without_options(refusal: Conduct, **expected: object) -> Scenario:
    """A server that does not know ``stream_options``, and says so in its own way."""
    last = {"stream_options": GONE, "stream": True}
    return Scenario([refuses_unless(has_no("stream_options"), refusal)], questions=2, last=last, **expected)  # type: ignore[arg-type]


def is_whole(question: Question) -> bool:
    return not question.get("stream") and "stream_options" not in question


def told_of(name: str) -> dict[str, object]:
    return {"error": {"message": SECRET, "type": "x", "param": name, "code": "unsupported_parameter"}}


REFUSED = {
    "gpt-5: max_tokens": Scenario(
        [refuses_unless(has_no("max_tokens"), WITHOUT_LIMIT)],
        questions=2,
        last={"max_tokens": GONE, "max_completion_tokens": 800, "temperature": 0.7},
        log=("max_tokens", "max_completion_tokens"),
        how=ALL,
    ),
    "gpt-5: temperature": Scenario(
        [refuses_unless(has_no("temperature"), WITHOUT_HEAT)],
        questions=2,
        last={"temperature": GONE, "max_tokens": 800},
        log=("temperature",),
    ),
    "o1: everything in turn": Scenario(
        [
            refuses_unless(
                has_no("max_tokens"),
                WITHOUT_LIMIT,
                refuses_unless(
                    has_no("temperature"),
                    WITHOUT_HEAT,
                    refuses_unless(
                        roles_are("user", "assistant"),
                        WITHOUT_SYSTEM,
                        refuses_unless(is_whole, WITHOUT_STREAM, answers_whole("Hi.")),
                    ),
                ),
            )
        ],
        questions=5,
        last={"max_completion_tokens": 800, "temperature": GONE},
    ),
    "o1: stream": Scenario([refuses_unless(is_whole, WITHOUT_STREAM, answers_whole("Hi."))], questions=2),
    "max_tokens too large": Scenario(
        [
            refuses_unless(
                lambda question: question.get("max_tokens", 0) <= 100,
                openai(
                    "max_tokens is too large: 800. This model supports at most 100 completion tokens.",
                    param="max_tokens",
                    code="invalid_value",
                ),
            )
        ],
        questions=(2, 3),
    ),
    "Azure: stream_options": without_options(
        openai("Unrecognized request argument supplied: stream_options"), log=("stream_options",)
    ),
    "FastAPI: stream_options": without_options(fastapi("stream_options")),
    "Mistral: stream_options": without_options(mistral("stream_options"), log=("stream_options",)),
    "Groq: stream_options": without_options(openai("property 'stream_options' is unsupported")),
    "Gemini: stream_options": without_options(
        gemini('Invalid JSON payload received. Unknown name "stream_options": Cannot find field.')
    ),
    "vLLM: stream_options": without_options(
        flat("[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs'}]")
    ),
    "Databricks: stream_options": without_options(
        refuses_with(400, {"error_code": "BAD_REQUEST", "message": f"Unknown field: stream_options {SECRET}"})
    ),
    "a sentence: stream_options": without_options(string("unknown field `stream_options` in the request")),
    "both names of the limit": Scenario(
        [
            refuses_unless(
                has_no("max_tokens"),
                WITHOUT_LIMIT,
                refuses_unless(
                    has_no("max_completion_tokens"),
                    openai("Unsupported parameter.", param="max_completion_tokens", code="unsupported_parameter"),
                ),
            )
        ],
        questions=3,
        last={"max_tokens": GONE, "max_completion_tokens": GONE},
    ),
    "a gateway's refusal under status 200": Scenario(
        [refuses_unless(has_no("max_tokens"), refuses_with(200, told_of("max_tokens")))], questions=2
    ),
    "a gateway's refusal in a stream": Scenario(
        [refuses_unless(has_no("stream_options"), sends(event(told_of("stream_options"))))], questions=2
    ),
    "two at once": Scenario(
        [refuses_unless(has_no("stream_options", "temperature"), fastapi("stream_options", "temperature"))],
        questions=(2, 3),
        last={"stream_options": GONE, "temperature": GONE},
    ),
    "LiteLLM: temperature": Scenario(
        [
            refuses_unless(
                has_no("temperature"),
                openai(
                    "litellm.UnsupportedParamsError: openai does not support parameters: ['temperature'], for o1.",
                    type="None",
                    param="None",
                    code="400",
                ),
            )
        ],
        questions=2,
    ),
    "LiteLLM: a value": Scenario(
        [
            refuses_unless(
                has_no("temperature"),
                openai(
                    "litellm.UnsupportedParamsError: O-series models don't support temperature=0.7. Only temperature=1 "
                    "is supported.",
                    code="400",
                ),
            )
        ],
        questions=2,
        last={"temperature": GONE, "max_tokens": 800},
    ),
    "Anthropic: temperature": Scenario(
        [refuses_unless(has_no("temperature"), openai("temperature: Extra inputs are not permitted"))], questions=2
    ),
    "Anthropic behind a gateway: temperature": Scenario(
        [refuses_unless(has_no("temperature"), openai("`temperature` is deprecated for this model."))], questions=2
    ),
    "top_p": Scenario(
        [
            refuses_unless(
                has_no("top_p"),
                openai(
                    "Unsupported parameter: 'top_p' is not supported with this model.",
                    param="top_p",
                    code="unsupported_parameter",
                ),
            )
        ],
        settings={"LLM_EXTRA_BODY": {"top_p": 0.9}},
        questions=2,
    ),
    "refused for ever": fails(WITHOUT_LIMIT, reason="parameter", questions=(2, 4)),
    "a field that is not ours": fails(
        openai("Missing required parameter: 'input'.", param="input", code="missing_required_parameter"),
        reason="parameter",
        questions=(1, 2),
        log=("missing_required_parameter",),
        how=ALL,
    ),
    "a field that must stay": fails(
        openai("Invalid value for 'messages'.", param="messages", code="invalid_type"),
        reason="parameter",
        questions=(1, 2),
    ),
}


@cases(REFUSED)
async def test_a_refused_field_is_left_out_renamed_or_folded(scenario: Scenario, how: How, stage: Stage) -> None:
    await stage.play(scenario, how)


async def test_what_was_learned_stays_and_is_said_once(stage: Stage) -> None:
    stage.caplog.set_level(logging.INFO)
    stage.model.conducts = [refuses_unless(has_no("max_tokens"), WITHOUT_LIMIT)]
    async with chat("Ann") as tab:
        for _ in range(3):
            assert (await tab.ask())["state"] == "done"
    assert [("max_tokens" in one) for one in stage.model.questions] == [True, False, False, False]
    assert len([one for one in stage.caplog.records if "max_completion_tokens" in one.getMessage()]) == 1


async def test_another_model_of_the_endpoint_is_asked_anew(stage: Stage) -> None:
    stage.model.conducts = [refuses_unless(has_no("max_tokens"), WITHOUT_LIMIT)]
    await stage.ask("rest")
    stage.settings.LLM_MODEL += "-other"
    stage.model.conducts = [says("Hi.")]
    await stage.ask("rest")
    assert "max_tokens" in stage.model.questions[-1]


@pytest.mark.parametrize("name", [SECRET, "model", "messages", "__class__", "stream", "", "max_tokens.evil"])
async def test_an_endpoint_cannot_talk_the_essentials_out_of_a_question(stage: Stage, name: str) -> None:
    stage.model.conducts = [openai("Unsupported parameter.", param=name, code="unsupported_parameter")]
    await stage.ask("socket")
    assert len(stage.model.questions) <= 3
    for question in stage.model.questions:
        assert {"model", "messages"} <= question.keys()
        assert question["messages"][-1]["content"].endswith("Hello?")
