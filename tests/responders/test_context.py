"""Chats that outgrow the model: the oldest turns are left out, and the limit is known from then on."""

from collections.abc import Callable
from typing import Any

import pytest

from chat_app.memory import ChatMemoryManager
from tests.conftest import Do
from tests.responders.refusals import flat, gemini, llama_cpp, openai, string, tgi
from tests.responders.scenarios import ALL, BOTH, How, Scenario, Stage, cases, fails, ways
from tests.support.scripted_endpoint import (
    SECRET,
    Conduct,
    event,
    refuses_over,
    refuses_unless,
    refuses_with,
    says,
    sends,
    tokens_of,
)
from tests.support.sockets import chat

memory = ChatMemoryManager()
TURNS = 8
LONG = " ".join(["word"] * 250)
"""A turn of about 317 tokens."""


@pytest.fixture
async def grown(stage: Stage, do: Do) -> Stage:
    """Ann's chat has eight long turns, and the model has room for the instructions and six, or three and an answer."""
    for number in range(TURNS):
        role: Any = "assistant" if number % 2 else "user"
        metadata = {"state": "done", "in_reply_to": number} if number % 2 else {}
        await do(memory.add_message, "Ann", role, f"{number}: {LONG}", metadata)
    return stage


async def room(stage: Stage, do: Do) -> int:
    """Returns how many tokens the instructions and six long turns take."""
    window = await do(memory.get_context_window, "Ann")
    return 4 + len(window.system) // 4 + 6 * 320


SIZES: dict[str, Callable[[int, int], Conduct]] = {
    "OpenAI": lambda limit, asked: openai(
        f"This model's maximum context length is {limit} tokens. However, your messages resulted in {asked} tokens. "
        "Please reduce the length of the messages.",
        code="context_length_exceeded",
        param="messages",
    ),
    "a code alone": lambda limit, asked: openai("Too long.", code="context_length_exceeded"),
    "vLLM": lambda limit, asked: openai(
        f"This model's maximum context length is {limit} tokens. However, you requested {asked} tokens in the "
        "messages, Please reduce the length of the messages.",
        type="BadRequestError",
        code=400,
    ),
    "vLLM of before": lambda limit, asked: flat(
        f"This model's maximum context length is {limit} tokens. However, you requested {asked} tokens."
    ),
    "llama.cpp": lambda limit, asked: llama_cpp(
        "the request exceeds the available context size, try increasing it",
        type="exceed_context_size_error",
        n_prompt_tokens=asked,
        n_ctx=limit,
    ),
    "llama.cpp of before, a 500": lambda limit, asked: llama_cpp(
        "the request exceeds the available context size. try increasing the context size or enable context shift",
        status=500,
        type="server_error",
    ),
    "Anthropic": lambda limit, asked: refuses_with(
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": f"prompt is too long: {asked} tokens > {limit} maximum",
            },
        },
    ),
    "Gemini": lambda limit, asked: gemini(
        f"The input token count ({asked}) exceeds the maximum number of tokens allowed ({limit})."
    ),
    "LiteLLM": lambda limit, asked: openai(
        f"litellm.ContextWindowExceededError: OpenAIException - maximum context length is {limit} tokens.",
        type="None",
        param="None",
        code="400",
    ),
    "Groq": lambda limit, asked: openai(
        "Please reduce the length of the messages or completion.", code="context_length_exceeded", param="messages"
    ),
    "Groq, a 413": lambda limit, asked: openai("Request too large.", status=413, code="request_too_large"),
    "TGI": lambda limit, asked: tgi(
        f"Input validation error: `inputs` must have less than {limit} tokens. Given: {asked}"
    ),
    "Mistral": lambda limit, asked: refuses_with(
        400,
        {
            "object": "error",
            "message": f"Prompt contains {asked} tokens, too large for model with {limit} maximum context length",
            "type": "invalid_request_prompt",
            "code": "3051",
        },
    ),
    "LM Studio": lambda limit, asked: string(
        f"Trying to keep the first {asked} tokens when context the overflows. However, the model is loaded with "
        f"context length of only {limit} tokens, which is not enough."
    ),
    "within the stream": lambda limit, asked: sends(
        event(
            {
                "error": {
                    "code": 400,
                    "message": f"the request exceeds the available context size {SECRET}",
                    "type": "exceed_context_size_error",
                    "n_prompt_tokens": asked,
                    "n_ctx": limit,
                }
            }
        )
    ),
}


@ways(*BOTH)
@pytest.mark.parametrize("refusal", SIZES.values(), ids=SIZES)
async def test_the_oldest_turns_are_left_out(
    grown: Stage, do: Do, how: How, refusal: Callable[[int, int], Conduct]
) -> None:
    limit = await room(grown, do)
    reply = await grown.play(
        Scenario([refuses_over(limit, lambda asked: refusal(limit, asked))], questions=(2, 6)), how
    )
    held = grown.model.questions[-2]["messages"]
    assert held[0] == grown.model.questions[0]["messages"][0]
    assert held[-1]["content"] == "Hello?"
    assert 2 < len(held) < TURNS + 2
    assert held[1]["role"] == "user"
    assert 1 < reply["metadata"]["context_from"] < TURNS
    first = int(held[1]["content"].partition(":")[0]) + 1
    assert first - reply["metadata"]["context_from"] in {0, 1}, "a reply that comes first is left out of the question"


@pytest.mark.parametrize("name", ["OpenAI", "llama.cpp", "a code alone"])
async def test_the_limit_is_learned(grown: Stage, do: Do, name: str) -> None:
    limit = await room(grown, do)
    grown.model.conducts = [refuses_over(limit, lambda asked: SIZES[name](limit, asked))]
    async with chat("Ann") as tab:
        assert (await tab.ask())["state"] == "done"
        asked = len(grown.model.questions)
        for _ in range(3):
            assert (await tab.ask("And?"))["state"] == "done"
    assert len(grown.model.questions) == asked + 3
    assert max(map(tokens_of, grown.model.questions[asked - 1 :])) <= limit


TOO_MUCH = {
    "the limit counts the answer": Scenario(
        [
            refuses_unless(
                lambda question: (question.get("max_tokens") or question.get("max_completion_tokens") or 0) <= 100,
                openai(
                    "This model's maximum context length is 2048 tokens. However, you requested 2748 tokens (1948 in "
                    "the messages, 800 in the completion). Please reduce the length of the messages or completion.",
                    type="BadRequestError",
                    code=400,
                ),
            )
        ],
        questions=(2, 4),
    ),
    "no room for one message": fails(
        refuses_over(0, lambda asked: SIZES["OpenAI"](10, asked)), reason="context", questions=(1, 6), how=ALL
    ),
    "no room and a huge limit": fails(
        refuses_over(0, lambda asked: SIZES["llama.cpp"](10**18, asked)), reason="context", questions=(1, 6)
    ),
    "no room and a negative limit": fails(
        refuses_over(0, lambda asked: SIZES["llama.cpp"](-1, asked)), reason="context", questions=(1, 6)
    ),
}


@cases(TOO_MUCH)
async def test_what_cannot_fit_fails_soon(scenario: Scenario, how: How, stage: Stage) -> None:
    await stage.play(scenario, how)


async def test_a_chat_lives_on_after_a_message_that_could_not_fit(stage: Stage) -> None:
    stage.model.conducts = [refuses_over(0, lambda asked: SIZES["OpenAI"](10, asked))]
    await stage.ask("rest")
    stage.model.conducts = [says("Hi.")]
    assert await stage.ask("rest") == "Hi."
