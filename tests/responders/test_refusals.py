"""What endpoints refuse for good: each in a sentence of ours, with the short names of theirs and nothing else."""

import logging

import pytest

from tests.responders.refusals import azure_filter, flat, gemini, llama_cpp, openai, string
from tests.responders.scenarios import ALL, How, Scenario, Stage, cases, fails
from tests.support.scripted_endpoint import KEY, SECRET, Conduct, drops, event, refuses, refuses_with, says, sends

ADDRESS = frozenset({"model", "broken", "unreachable"})
"""What a wrong LLM_BASE_URL may be taken for."""

UNKNOWN = frozenset({"parameter", "broken"})


def refused(refusal: Conduct, reason: str | frozenset[str], *log: str, **expected: object) -> Scenario:
    finish = "content_filter" if reason == "policy" else None
    return fails(refusal, **{"reason": reason, "log": log, "finish": finish, **expected})  # type: ignore[arg-type]


def busy(refusal: Conduct, **expected: object) -> Scenario:
    return refused(refusal, "busy", **{"questions": 3, "phases": None, **expected})


REFUSED = {
    "OpenAI: a wrong key": refused(
        openai("Incorrect API key provided: sk-c***", status=401, code="invalid_api_key"),
        "key",
        "invalid_api_key",
        "LLM_API_KEY",
        how=ALL,
    ),
    "a key of nobody's": refused(refuses(401), "key", "LLM_API_KEY"),
    "no right to it": refused(refuses(403), "key", "LLM_API_KEY"),
    "LiteLLM: a wrong key": refused(
        openai("Authentication Error", status=401, type="auth_error", code="401"), "key", "auth_error"
    ),
    "LiteLLM without a database: a wrong key, a 400": refused(
        openai("No connected db.", type="no_db_connection", code="400"), "key", "no_db_connection"
    ),
    "Gemini: a wrong key, a 400": refused(
        gemini("API key not valid. Please pass a valid API key."), "key", "LLM_API_KEY"
    ),
    "OpenAI: no money, a 429": refused(
        openai("You exceeded your current quota.", status=429, type="insufficient_quota", code="insufficient_quota"),
        "quota",
        "insufficient_quota",
        how=ALL,
    ),
    "LiteLLM: no money, a 429": refused(
        openai(
            "litellm.RateLimitError: OpenAIException - You exceeded your current quota, please check your plan.",
            status=429,
            type="throttling_error",
            code="429",
        ),
        "quota",
    ),
    "DeepSeek: no money": refused(
        openai("Insufficient Balance", status=402, type="unknown_error", code="invalid_request_error"), "quota"
    ),
    "OpenRouter: no money": refused(refuses_with(402, {"error": {"message": SECRET, "code": 402}}), "quota"),
    "OpenAI: a budget's end, a 400": refused(
        openai("Billing hard limit has been reached", code="billing_hard_limit_reached"),
        "quota",
        "billing_hard_limit_reached",
    ),
    "OpenAI: an unknown model": refused(
        openai("The model `tiny` does not exist.", status=404, code="model_not_found"),
        "model",
        "model_not_found",
        "LLM_MODEL",
        how=ALL,
    ),
    "Ollama: an unknown model": refused(string('model "tiny" not found, try pulling it first', status=404), "model"),
    "Ollama's later form: an unknown model": refused(
        openai("model 'tiny' not found", status=404, type="not_found_error"), "model", "not_found_error"
    ),
    "vLLM: an unknown model": refused(
        flat("The model `tiny` does not exist.", status=404, type="NotFoundError"), "model", "NotFoundError"
    ),
    "Groq: a model of the past": refused(
        openai("The model `tiny` has been decommissioned.", code="model_decommissioned"),
        "model",
        "model_decommissioned",
    ),
    "LiteLLM: an unknown model, a 400": refused(
        openai("/chat/completions: Invalid model name passed in model=tiny", param="None", type="None", code="400"),
        "model",
    ),
    "OpenAI: an unknown model, a 400": refused(
        openai("invalid model ID", param="model", code="invalid_model"), "model", "invalid_model"
    ),
    "Azure: an unknown deployment": refused(
        openai("The API deployment does not exist.", status=404, code="DeploymentNotFound"),
        "model",
        "DeploymentNotFound",
    ),
    "no such path": refused(refuses_with(404, {"detail": "Not Found"}), ADDRESS, "LLM_BASE_URL"),
    "a page that is not found": refused(
        refuses_with(404, f"<html>{SECRET}".encode(), Content_Type="text/html"), ADDRESS, "LLM_BASE_URL"
    ),
    "Azure's filter": refused(azure_filter(), "policy", "content_filter", how=ALL),
    "OpenAI: a policy": refused(
        openai("Your request was rejected.", code="content_policy_violation"), "policy", "content_policy_violation"
    ),
    "OpenAI: a prompt of evil": refused(openai("Invalid prompt.", code="invalid_prompt"), "policy", "invalid_prompt"),
    "a rate": busy(
        openai("Rate limit reached.", status=429, type="requests", code="rate_limit_exceeded"),
        log=("rate_limit_exceeded",),
        how=ALL,
    ),
    "vLLM: a rate": busy(flat("Too many.", status=429, type="RateLimitError")),
    "Gemini: a rate": busy(gemini("Resource has been exhausted.", status=429, name="RESOURCE_EXHAUSTED")),
    "500": busy(refuses(500)),
    "502 with a page": busy(refuses_with(502, f"<html>{SECRET}".encode(), Content_Type="text/html")),
    "504": busy(refuses(504)),
    "Anthropic: overloaded": busy(
        refuses_with(529, {"type": "error", "error": {"type": "overloaded_error", "message": SECRET}})
    ),
    "Cloudflare: 520": busy(refuses(520)),
    "a template's error, a 500": busy(llama_cpp("failed to parse", status=500, type="server_error")),
    "dropped": refused(drops, "unreachable", questions=3),
    "nobody there": fails(
        says("never"), reason="unreachable", questions=0, settings={"LLM_BASE_URL": "http://127.0.0.1:1/v1"}, how=ALL
    ),
    "a redirect": refused(refuses(307, Location="/elsewhere"), ADDRESS),
    "an unknown refusal": refused(refuses(400), UNKNOWN),
    "an empty refusal": refused(refuses_with(400, b""), UNKNOWN),
    "a refusal that is no JSON": refused(refuses_with(400, b"{" + SECRET.encode()), UNKNOWN),
    "a refusal too deep": refused(refuses_with(400, b"[" * 100_000), UNKNOWN),
    "a refusal without an end": refused(refuses_with(400, b'{"error":"' + b"x" * 2**24), UNKNOWN),
    "a refusal of odd types": refused(
        refuses_with(400, {"error": {"code": {"a": 1}, "type": ["x"], "param": 7, "message": None}}), UNKNOWN
    ),
}


@cases(REFUSED)
async def test_a_refusal_is_told_by_its_kind(scenario: Scenario, how: How, stage: Stage) -> None:
    await stage.play(scenario, how)


async def test_each_kind_has_a_sentence_of_its_own(stage: Stage) -> None:
    sentences = set()
    kinds = ("OpenAI: a wrong key", "OpenAI: no money, a 429", "OpenAI: an unknown model", "Azure's filter", "500")
    for kind in kinds:
        stage.model.conducts = list(REFUSED[kind].conducts)
        await stage.ask("rest")
        assert stage.status == 502
        sentences.add(stage.problem["detail"])
    assert len(sentences) == len(kinds)


LOGGED_NEVER = {
    "the key": KEY,
    "words": f"{SECRET} and more",
    "too long": "x" * 65,
    "a line break": "line\nbreak",
    "a tag": "<b>",
    "the question": "Hello?",
    "accents": "ünïcode",
    "a digit of another script": "٣",
}


@pytest.mark.parametrize("field", ["code", "type", "param"])
@pytest.mark.parametrize("name", LOGGED_NEVER.values(), ids=LOGGED_NEVER)
async def test_no_more_than_short_names_is_logged(stage: Stage, field: str, name: str) -> None:
    stage.caplog.set_level(logging.DEBUG)
    stage.model.conducts = [refuses_with(400, {"error": {"message": SECRET, field: name, "status": name}})]
    await stage.ask("rest")
    assert stage.status == 502
    assert SECRET not in stage.caplog.text
    assert name not in stage.caplog.text


@pytest.mark.parametrize("field", ["code", "type", "param"])
async def test_the_key_is_not_logged_from_an_error_within_an_answer(stage: Stage, field: str) -> None:
    stage.caplog.set_level(logging.DEBUG)
    told = {"error": {"message": SECRET, "code": "insufficient_quota", "status": 402, field: KEY}}
    stage.model.conducts = [sends(event(told))]
    await stage.ask("rest")
    assert stage.status == 502
    assert KEY not in stage.caplog.text
