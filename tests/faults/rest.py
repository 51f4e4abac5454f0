"""The REST calls of the faults, over a real connection each."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    body: Any
    retry_after: str | None = None


def call(address: str, method: str, path: str, body: Any = None) -> Answer:
    """Sends one request and reads its answer as JSON, where it is JSON."""
    request = urllib.request.Request(f"{address}{path}", method=method, headers={"Content-Type": "application/json"})
    request.data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return _read(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return _read(refused)


def create(address: str, user_id: str) -> None:
    """Creates a chat."""
    assert call(address, "POST", "/api/session/create", {"user_id": user_id}).status == 201


def history(address: str, user_id: str) -> list[dict[str, Any]]:
    """Returns what the server has of a chat."""
    messages: list[dict[str, Any]] = call(address, "GET", f"/api/session/{quote(user_id)}/history").body["messages"]
    return messages


def _read(answer: Any) -> Answer:
    raw = answer.read()
    is_json = "json" in (answer.headers["Content-Type"] or "")
    return Answer(answer.status, json.loads(raw) if is_json else raw.decode(), answer.headers["Retry-After"])
