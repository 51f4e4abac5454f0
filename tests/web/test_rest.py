"""The REST calls, as a program without a browser makes them."""

import json
from typing import Any

import pytest
import redis
from django.test import AsyncClient, Client
from pytest_django.fixtures import Settings

CREATE = "/api/session/create"


@pytest.fixture
def john(post: Any) -> dict[str, Any]:
    created: dict[str, Any] = post(CREATE, {"user_id": "John Doe", "persona": "mental_health_nurse"}).json()
    return created


def test_create_answers_201_with_the_session_and_where_it_is(post: Any, raw: redis.Redis) -> None:
    answer = post(CREATE, {"user_id": "John Doe", "persona": "mental_health_nurse", "metadata": {"a": 1}})
    assert answer.status_code == 201
    assert answer.json().keys() == {"session_id", "user_id", "created_at", "persona"}
    assert answer["Location"] == "/api/session/John%20Doe/history"
    assert answer["Cache-Control"] == "no-store"
    assert raw.hget("session:John Doe", "metadata") == '{"a":1}'


def test_create_takes_the_default_persona_and_trims_the_name(post: Any) -> None:
    assert post(CREATE, {"user_id": "  Ann "}).json()["user_id"] == "Ann"
    assert post(CREATE, {"user_id": "Bob"}).json()["persona"] == "default"


def test_create_takes_null_for_what_may_be_left_out(post: Any) -> None:
    answer = post(CREATE, {"user_id": "Ann", "persona": None, "metadata": None})
    assert (answer.status_code, answer.json()["persona"]) == (201, "default")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"user_id": 7}, "user_id is 7: Input should be a valid string."),
        ({"user_id": "Ann", "persona": "pirate"}, 'no persona "pirate"'),
        ({"user_id": "Ann", "metadata": [1, 2]}, "metadata is an array of 2: "),
        ({"user_id": "Ann", "metadata": {"a": {"a": {"a": {"a": {"a": {}}}}}}}, "metadata nests deeper than 5 levels."),
        ({}, "user_id: Field required."),
        ([], "body is an array of 0: Input should be a JSON object."),
    ],
)
def test_a_refusal_names_the_wrong_value(post: Any, body: Any, sentence: str) -> None:
    assert sentence in post(CREATE, body).json()["detail"]


def test_a_refusal_says_no_more_than_the_start_of_a_long_value(api: Client, post: Any, john: dict[str, Any]) -> None:
    answer = post("/api/chat", {"user_id": "John Doe", "message": "x" * 4001}).json()
    assert answer["detail"].startswith(f"message is '{'x' * 40}'… (4,001 characters): ")
    assert answer["errors"][0]["field"] == "message"
    assert "limit is '5000': " in api.get("/api/sessions?limit=5000").json()["detail"]


def test_a_list_says_of_a_session_what_an_item_of_it_has(api: Client, john: dict[str, Any]) -> None:
    (item,) = api.get("/api/sessions").json()["sessions"]
    shown = "session_id user_id persona created_at last_activity message_count expires_at"
    assert list(item) == shown.split()


def test_create_answers_409_for_a_living_name(post: Any, john: dict[str, Any]) -> None:
    answer = post(CREATE, {"user_id": "John Doe"})
    assert (answer.status_code, answer.json()["code"]) == (409, "session_exists")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"user_id": "a/b"}, "invalid_user_id"),
        ({"user_id": ""}, "invalid_user_id"),
        ({"user_id": "Ann", "persona": "pirate"}, "unknown_persona"),
        ({}, "invalid_request"),
        ({"user_id": 7}, "invalid_request"),
        ({"user_id": None}, "invalid_request"),
        ({"user_id": "Ann", "extra": 1}, "invalid_request"),
        ({"user_id": "Ann", "metadata": []}, "invalid_request"),
        ({"user_id": "Ann", "metadata": {"a": "x" * 5000}}, "invalid_request"),
        ([], "invalid_request"),
        ("null", "invalid_request"),
        ("", "invalid_request"),
        ('{"user_id": "\\ud800"}', "invalid_user_id"),
        ('{"user_id": NaN}', "invalid_request"),
        ('{"user_id": "Ann", "metadata": ' + '{"a":' * 3000 + "1" + "}" * 3001, "invalid_request"),
        (b"\xff\xfe", "invalid_request"),
    ],
)
def test_create_refuses_a_wrong_body_with_a_sentence(post: Any, raw: redis.Redis, body: Any, code: str) -> None:
    answer = post(CREATE, body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert problem.keys() >= {"type", "title", "status", "detail", "code"}
    assert problem["detail"].endswith(".")
    assert raw.dbsize() == 0


def test_a_body_that_is_not_json_is_refused_by_its_type(api: Client) -> None:
    answer = api.post(CREATE, '{"user_id": "Ann"}', content_type="text/plain")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_over_64_kib_is_refused_by_its_size(post: Any) -> None:
    answer = post(CREATE, {"user_id": "Ann", "metadata": {"a": "x" * 70_000}})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_sessions_lists_everybody_on_a_shared_installation(post: Any, john: dict[str, Any]) -> None:
    post(CREATE, {"user_id": "Ann"})
    listed = Client().get("/api/sessions").json()
    assert [one["user_id"] for one in listed["sessions"]] == ["Ann", "John Doe"]
    assert listed["count"] == 2
    assert listed["next"] is None
    assert listed["sessions"][1].keys() >= {
        *("session_id", "user_id", "persona", "created_at", "last_activity", "message_count", "expires_at")
    }


def test_sessions_lists_only_ones_own_on_a_private_installation(post: Any, api: Client, settings: Settings) -> None:
    settings.NONO_ACCESS = "private"
    post(CREATE, {"user_id": "Ann"})
    stranger = Client()
    assert api.get("/api/sessions").json()["count"] == 1
    assert stranger.get("/api/sessions").json() == {"sessions": [], "count": 0, "next": None}
    theirs = stranger.get("/api/session/Ann/history")
    nobodys = stranger.get("/api/session/Bob/history")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json()["detail"].replace("Ann", "Bob") == nobodys.json()["detail"]
    assert stranger.delete("/api/session/Ann/clear").status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=x", "persona=pirate", "limit="])
def test_sessions_refuses_a_wrong_query_by_its_name(api: Client, query: str) -> None:
    answer = api.get(f"/api/sessions?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.json()["detail"]


def test_history_tells_the_session_and_its_messages(api: Client, post: Any, john: dict[str, Any]) -> None:
    post("/api/chat", {"user_id": "John Doe", "message": "hello"})
    history = api.get("/api/session/John%20Doe/history").json()
    assert history["session_id"] == john["session_id"]
    assert history["message_count"] == 2
    assert [(one["role"], one["seq"]) for one in history["messages"]] == [("user", 1), ("assistant", 2)]
    later = api.get("/api/session/John%20Doe/history?after=1&limit=5").json()
    assert [one["seq"] for one in later["messages"]] == [2]


@pytest.mark.parametrize(
    "name", ["a%2Fb", "..", "%2e%2e", "%00", "%0d%0aX:%20y", "*", "a:b", "%E2%80%AEevil", "x" * 9999]
)
def test_a_deceptive_name_in_a_path_is_refused_by_the_one_rule(api: Client, name: str) -> None:
    answer = api.get(f"/api/session/{name}/history")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_user_id")


def test_clear_takes_everything_away_and_undo_brings_it_back(api: Client, post: Any, john: dict[str, Any]) -> None:
    post("/api/chat", {"user_id": "John Doe", "message": "hello"})
    cleared = api.delete("/api/session/John%20Doe/clear").json()
    assert cleared["status"] == "success"
    assert cleared["message"] == "Session cleared for user John Doe"
    assert api.get("/api/session/John%20Doe/history").status_code == 404
    restored = post("/api/session/John%20Doe/undo", {"undo": cleared["undo"]})
    assert restored.json()["message_count"] == 2
    assert api.get("/api/session/John%20Doe/history").status_code == 200
    assert post("/api/session/John%20Doe/undo").status_code == 404


def test_undo_needs_no_body(api: Client, post: Any, john: dict[str, Any]) -> None:
    api.delete("/api/session/John%20Doe/clear")
    assert post("/api/session/John%20Doe/undo").status_code == 200


@pytest.mark.parametrize("path", ["history", "clear", "extend", "undo"])
def test_a_session_that_somebody_damaged_is_said_to_be_and_not_crashed_on(
    api: Client, post: Any, raw: redis.Redis, path: str
) -> None:
    raw.set("session:Ann", "no hash", ex=60)
    raw.set("undo:session:Ann", "no hash", ex=60)
    method = {"history": api.get, "clear": api.delete}.get(path, post)
    answer = method(f"/api/session/Ann/{path}")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert "nono_doctor --fix" in answer.json()["detail"]


def test_extend_winds_the_clock(post: Any, raw: redis.Redis, john: dict[str, Any]) -> None:
    raw.expire("session:John Doe", 5)
    assert post("/api/session/John%20Doe/extend").json()["user_id"] == "John Doe"
    assert raw.ttl("session:John Doe") == 3600


@pytest.mark.parametrize("words", [("user_id", "message"), ("session_id", "user_message")])
def test_chat_answers_in_its_own_and_in_the_originals_words(
    post: Any, john: dict[str, Any], words: tuple[str, str]
) -> None:
    who, text = words
    answer = post("/api/chat", {who: john[who], text: "I feel sad because it rains"})
    assert answer.status_code == 200
    reply = answer.json()
    assert reply["response"] == reply["message"]["content"] != ""
    assert reply["session_id"] == john["session_id"]
    assert reply["message"]["role"] == "assistant"


def test_chat_with_the_originals_persona_name_changes_who_answers(
    post: Any, raw: redis.Redis, john: dict[str, Any]
) -> None:
    body = {"session_id": john["session_id"], "user_message": "hello", "persona_name": "creative_writer"}
    assert post("/api/chat", body).status_code == 200
    assert raw.hget("session:John Doe", "persona") == "creative_writer"


def test_chat_sent_twice_with_one_client_id_is_stored_and_answered_once(
    api: Client, post: Any, john: dict[str, Any]
) -> None:
    body = {"user_id": "John Doe", "message": "hello", "client_id": "6a1f5a0e-0a7c-4f55-9d6f-1f2f3a4b5c6d"}
    first, second = post("/api/chat", body).json(), post("/api/chat", body).json()
    assert first["message"] == second["message"]
    assert api.get("/api/session/John%20Doe/history").json()["message_count"] == 2


async def test_chat_streams_the_same_run_as_events(raw: redis.Redis, transactional_db: None) -> None:
    client = AsyncClient()
    await client.post(CREATE, {"user_id": "John Doe"}, content_type="application/json")
    body = {"user_id": "John Doe", "message": "hello"}
    answer = await client.post(
        "/api/chat", body, content_type="application/json", headers={"accept": "text/event-stream"}
    )
    assert answer["Content-Type"] == "text/event-stream; charset=utf-8"
    text = b"".join([piece async for piece in answer.streaming_content]).decode()  # type: ignore[attr-defined]
    events = [json.loads(block.partition("data: ")[2]) for block in text.split("\n\n") if block]
    kinds = [one["type"] for one in events]
    assert kinds[:2] == ["message", "start"]
    assert kinds[-1] == "complete"
    chunks = [one["content"] for one in events if one["type"] == "chunk"]
    assert len(chunks) >= 2
    assert "".join(chunks) == events[-1]["response"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        ("text/event-stream, */*", "text/event-stream"),
        ("text/event-stream;q=0.9, application/json;q=0.1", "text/event-stream"),
        ("application/json, text/event-stream;q=0.5", "application/json"),
    ],
)
async def test_chat_answers_in_the_kind_that_is_liked_best(
    raw: redis.Redis, transactional_db: None, accept: str, kind: str
) -> None:
    client = AsyncClient()
    await client.post(CREATE, {"user_id": "John Doe"}, content_type="application/json")
    body = {"user_id": "John Doe", "message": "hello"}
    answer = await client.post("/api/chat", body, content_type="application/json", headers={"accept": accept})
    assert answer["Content-Type"].startswith(kind)
    if answer.streaming:
        assert [piece async for piece in answer.streaming_content]  # type: ignore[attr-defined]


@pytest.mark.parametrize("spelt", ["6A1F5A0E-0A7C-4F55-9D6F-1F2F3A4B5C6D", "6a1f5a0e0a7c4f559d6f1f2f3a4b5c6d"])
def test_a_client_id_comes_back_as_it_was_spelt(post: Any, john: dict[str, Any], api: Client, spelt: str) -> None:
    post("/api/chat", {"user_id": "John Doe", "message": "hello", "client_id": spelt})
    assert api.get("/api/session/John%20Doe/history").json()["messages"][0]["id"] == spelt


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"user_id": "Nobody", "message": "hello"}, 404, "session_not_found"),
        ({"session_id": "session_John Doe_1", "message": "hello"}, 404, "session_not_found"),
        ({"session_id": "nonsense", "message": "hello"}, 404, "session_not_found"),
        ({"message": "hello"}, 422, "invalid_request"),
        ({"user_id": "John Doe", "message": ""}, 422, "invalid_request"),
        ({"user_id": "John Doe", "message": "   "}, 422, "invalid_request"),
        ({"user_id": "John Doe", "message": "x" * 4001}, 422, "invalid_request"),
        ({"user_id": "John Doe", "message": "hello", "client_id": "1"}, 422, "invalid_request"),
        ({"user_id": "John Doe", "message": "hello", "role": "assistant"}, 422, "invalid_request"),
        ({"user_id": "John Doe", "message": "hello", "persona_name": "pirate"}, 422, "unknown_persona"),
    ],
)
def test_chat_refuses_by_name(post: Any, john: dict[str, Any], body: Any, status: int, code: str) -> None:
    answer = post("/api/chat", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_personas_tells_who_answers_and_not_how_they_are_told(api: Client) -> None:
    listed = api.get("/api/personas").json()["personas"]
    assert [one["key"] for one in listed] == ["default", "mental_health_nurse", "technical_support", "creative_writer"]
    assert all(one.keys() == {"key", "name", "role", "greeting"} for one in listed)


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/session/Ann", "/api/session//history"])
def test_an_address_that_leads_nowhere_is_a_problem_too(api: Client, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code in {404, 422}
    assert answer["Content-Type"] == "application/problem+json"


def test_a_wrong_method_is_a_problem_with_the_right_ones(api: Client) -> None:
    answer = api.get(CREATE)
    assert (answer.status_code, answer["Allow"], answer.json()["code"]) == (405, "POST", "method_not_allowed")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver:9999"},
        {"Origin": "http://["},
    ],
)
def test_another_sites_page_is_refused(api: Client, raw: redis.Redis, headers: dict[str, str]) -> None:
    answer = api.post(CREATE, {"user_id": "Ann"}, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin")
    assert raw.dbsize() == 0


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {}])
def test_ones_own_page_and_programs_are_let_through(api: Client, headers: dict[str, str]) -> None:
    answer = api.post(CREATE, {"user_id": "Ann"}, content_type="application/json", headers=headers)
    assert answer.status_code == 201


def test_a_foreign_host_is_a_problem(api: Client) -> None:
    answer = api.get("/api/sessions", headers={"host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_new_sessions_are_limited_by_address_and_say_when_to_come_back(post: Any, settings: Settings) -> None:
    settings.NONO_RATE_LIMITS = True
    answers = [post(CREATE, {"user_id": f"user {i}"}) for i in range(21)]
    assert [one.status_code for one in answers[:20]] == [201] * 20
    assert answers[20].status_code == 429
    assert 1 <= int(answers[20]["Retry-After"]) <= 60
    assert answers[20].json()["code"] == "rate_limited"


def test_health_tells_that_the_store_is_there(api: Client) -> None:
    answer = api.get("/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["redis"]) == (200, "healthy", True)
    assert api.get("/ready").status_code == 200


def test_the_openapi_document_and_its_page_are_there(api: Client) -> None:
    document = api.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert document["paths"].keys() >= {
        *("/api/session/create", "/api/sessions", "/api/session/{user_id}/history", "/api/chat"),
        *("/api/session/{user_id}/clear", "/api/session/{user_id}/extend", "/api/session/{user_id}/undo"),
        "/api/personas",
    }
    assert b"swagger" in api.get("/api/docs").content
