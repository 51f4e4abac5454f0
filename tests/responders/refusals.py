"""Refusals in the words of servers that people run, each with secrets beside what may be told of it."""

from collections.abc import Mapping
from typing import Any

from tests.support.scripted_endpoint import KEY, SECRET, Conduct, Question, refuses_with


def openai(
    message: str,
    *,
    status: int = 400,
    code: str | int | None = None,
    param: str | None = None,
    type: str = "invalid_request_error",
    **headers: str,
) -> Conduct:
    """OpenAI's form, which Azure, Groq, DeepSeek, OpenRouter and most gateways share."""
    told = {"message": f"{message} {SECRET} {KEY}", "type": type, "param": param, "code": code}
    return refuses_with(status, {"error": told}, **headers)


def fastapi(*names: str, type: str = "extra_forbidden") -> Conduct:
    """A list of what pydantic found wrong, as a FastAPI server sends it."""
    return refuses_with(422, {"detail": [_found(name, type) for name in names]})


def mistral(*names: str) -> Conduct:
    """Mistral's: the list of pydantic under ``message.detail``."""
    told = {"detail": [_found(name, "extra_forbidden") for name in names]}
    return refuses_with(
        422, {"object": "error", "message": told, "type": "invalid_request_error", "param": None, "code": None}
    )


def gemini(message: str, *, status: int = 400, name: str = "INVALID_ARGUMENT") -> Conduct:
    """Gemini's: an array of one error."""
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"description": SECRET}]}]
    told = {"code": status, "message": f"{message} {SECRET}", "status": name, "details": details}
    return refuses_with(status, [{"error": told}])


def flat(message: str, *, status: int = 400, type: str = "BadRequestError", param: str | None = None) -> Conduct:
    """vLLM's of before 2025: the error is the body itself."""
    told = {"object": "error", "message": f"{message} {SECRET}", "type": type, "param": param, "code": status}
    return refuses_with(status, told)


def string(message: str, *, status: int = 400) -> Conduct:
    """Ollama's and LM Studio's: the error is a sentence."""
    return refuses_with(status, {"error": f"{message} {SECRET}"})


def llama_cpp(message: str, *, status: int = 400, type: str = "invalid_request_error", **numbers: int) -> Conduct:
    """llama.cpp's server."""
    return refuses_with(status, {"error": {"code": status, "message": f"{message} {SECRET}", "type": type, **numbers}})


def tgi(message: str, *, status: int = 422, type: str = "validation") -> Conduct:
    """Hugging Face's text generation inference."""
    return refuses_with(status, {"error": f"{message} {SECRET}", "error_type": type})


def azure_filter() -> Conduct:
    """Azure's refusal of a prompt by its content filter."""
    found = {"hate": {"filtered": True, "severity": "high"}, "jailbreak": {"filtered": False, "detected": False}}
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": found}
    told = {
        "message": f"The response was filtered due to the prompt triggering Azure OpenAI's policy. {SECRET}",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": inner,
    }
    return refuses_with(400, {"error": told})


def has_no(*names: str) -> Any:
    """Tells of a question whether it has none of these fields."""

    def fits(question: Question) -> bool:
        return not any(name in question for name in names)

    return fits


def roles_are(*allowed: str) -> Any:
    """Tells of a question whether its messages have no other role, and alternate from the user on."""

    def fits(question: Question) -> bool:
        roles = [message["role"] for message in question["messages"] if message["role"] != "system"]
        alternate = roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        return {message["role"] for message in question["messages"]} <= set(allowed) and alternate

    return fits


def _found(name: str, type: str) -> Mapping[str, Any]:
    return {"type": type, "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": SECRET}


WITHOUT_SYSTEM = openai(
    "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
    param="messages[0].role",
    code="unsupported_value",
)
"""What o1 says of a system message."""
