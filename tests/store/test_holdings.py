"""What we hold on a visitor: every kind of key of a chat, its size and its clock, and nothing of somebody else's."""

from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.test import Client
from pytest_django.fixtures import Settings

from nono import store
from nono.store import operations
from sessions_app.access import COOKIE, Visitor
from sessions_app.manager import SessionManager


def held(api: Client, name: str = "Sam") -> dict[str, Any]:
    answer = api.get(f"/api/session/{name}/held")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def kinds(api: Client, name: str = "Sam") -> set[str]:
    return {one["kind"] for one in held(api, name)["held"]}


@pytest.fixture
def sam(post: Any, settings: Settings) -> Any:
    settings.NONO_RATE_LIMITS = True
    return post("/api/session/create", {"user_id": "Sam"}).json()


def test_a_new_chat_is_a_hash_its_places_in_the_lists_and_what_counts_the_visitor(sam: Any, api: Client) -> None:
    assert kinds(api) == {"session", "session_index", "session_recency", "owner_index", "limit"}


def test_a_chat_with_messages_is_more(sam: Any, post: Any, api: Client) -> None:
    before = held(api)
    post("/api/chat", {"user_id": "Sam", "message": "Hello", "client_id": "0b4a4f2c-5d9d-4b0e-8a51-1d1b2f1f6f11"})
    after = held(api)

    assert {one["kind"] for one in after["held"]} > {"chat_history", "chat_sends"}
    assert after["bytes"] > before["bytes"]
    assert after["bytes"] == sum(one["bytes"] for one in after["held"])


def test_sizes_and_clocks_are_those_of_the_store(sam: Any, api: Client, raw: redis.Redis) -> None:
    told = {one["kind"]: one for one in held(api)["held"]}

    assert told["session"]["bytes"] == raw.memory_usage("session:Sam", samples=0)
    left = (datetime.fromisoformat(told["session"]["expires_at"]) - datetime.now(UTC)).total_seconds()
    assert left == pytest.approx(raw.pttl("session:Sam") / 1000, abs=1)


def test_every_key_that_is_there_is_told_of(sam: Any, post: Any, api: Client, raw: redis.Redis) -> None:
    post("/api/chat", {"user_id": "Sam", "message": "Hello"})
    raw.xadd("chat_reply:Sam", {"text": "Hel"})
    raw.set(operations.lease_key("Sam"), "somebody", px=5000)
    store.run(operations.acquire_slot(operations.tabs_key("Sam"), "a tab", 0))
    store.run(operations.acquire_slot(operations.places_key("127.0.0.1"), "a tab", 0))

    # Counters are nobody's: numbers without a name.
    there = {str(key).partition(":")[0] for key in raw.scan_iter()}
    assert kinds(api) == {kind for kind in there if not kind.startswith("counters")}


def test_what_a_clear_left_is_told_of_until_its_undo_is_over(sam: Any, api: Client, raw: redis.Redis) -> None:
    api.delete("/api/session/Sam/clear")

    undo = next(one for one in held(api)["held"] if one["kind"] == "undo")
    left = (datetime.fromisoformat(undo["expires_at"]) - datetime.now(UTC)).total_seconds()
    assert 0 < left <= 10
    raw.delete(*operations.undo_keys("Sam"))
    assert api.get("/api/session/Sam/held").json()["code"] == "session_not_found"


def test_an_index_counts_by_its_share(sam: Any, post: Any, api: Client, raw: redis.Redis) -> None:
    for number in range(15):
        post("/api/session/create", {"user_id": f"Other {number}"})

    told = {one["kind"]: one["bytes"] for one in held(api)["held"]}

    assert 0 < told["session_index"] < (raw.memory_usage("session_index") or 0) / 10


def test_what_is_not_the_visitor_s_is_not_there(settings: Settings, post: Any, raw: redis.Redis, db: None) -> None:
    settings.NONO_ACCESS = "private"
    post("/api/session/create", {"user_id": "Sam"})
    stranger = Client()

    refused = stranger.get("/api/session/Sam/held")

    assert refused.status_code == 404
    assert refused.json() == stranger.get("/api/session/Sam/history").json()


def test_somebody_else_s_cleared_chat_of_the_same_name_is_not_told_of(
    settings: Settings, api: Client, post: Any, raw: redis.Redis
) -> None:
    settings.NONO_ACCESS = "private"
    SessionManager().create_session("Sam", owner=Visitor.from_cookie(None).owner)
    SessionManager().delete_session("Sam")
    post("/api/session/create", {"user_id": "Sam"})

    assert raw.exists("undo:session:Sam")
    assert "undo" not in kinds(api)
    assert "session" in kinds(api)
    assert COOKIE in api.cookies


@pytest.mark.parametrize("name", ["a*b", "%2E%2E", "x" * 65])
def test_a_wrong_name_is_refused(name: str, api: Client) -> None:
    assert api.get(f"/api/session/{name}/held").json()["code"] == "invalid_user_id"
