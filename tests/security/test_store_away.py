"""The store is away or refuses while it is asked who may, how often, or to keep: the answer is no, never a guess."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis
import redis.asyncio
from django.test import Client
from pytest_django.fixtures import Settings

from nono import rate_limits, store
from nono.errors import StoreUnavailable
from nono.store import client, operations
from sessions_app.session import Session
from tests.security.conftest import SECRET, Elsewhere
from tests.security.visitors import Browser, Call, calls_on

TROUBLES: dict[str, Callable[[], Exception]] = {
    "down": lambda: redis.ConnectionError("connection refused"),
    "frozen": lambda: redis.TimeoutError("no answer"),
    "a socket that broke": lambda: OSError("broken pipe"),
    "full": lambda: redis.ResponseError("OOM command not allowed when used memory > 'maxmemory'"),
    "read-only": lambda: redis.ResponseError("READONLY You can't write against a read only replica."),
    "its disk full": lambda: redis.ResponseError("MISCONF Errors writing to the AOF file"),
    "busy with a script": lambda: redis.ResponseError("BUSY Redis is busy running a script"),
    "still loading": lambda: redis.ResponseError("LOADING Redis is loading the dataset in memory"),
    "without our password": lambda: redis.ResponseError("NOAUTH Authentication required."),
    "with another password": lambda: redis.ResponseError("WRONGPASS invalid username-password pair"),
}
CALLS = [
    *calls_on("Ann", "session_Ann_1"),
    Call("GET", "/api/sessions"),
    Call("POST", "/api/session/create", {"user_id": "B"}),
    Call("POST", "/api/session/Ann/undo"),
]


def trouble(monkeypatch: pytest.MonkeyPatch, kind: str, only: str = "") -> None:
    """Lets every operation of the store fail, or those with a certain word in them."""
    run, arun = store.run, store.arun

    def concerns(operation: store.Operation[Any]) -> bool:
        words = " ".join(map(str, (*operation.keys, *operation.arguments)))
        return only in words

    def fail(*_: Any) -> Any:
        with client._as_store_unavailable():
            error = TROUBLES[kind]()
            raise error

    def run_or_fail(operation: store.Operation[Any]) -> Any:
        return fail() if concerns(operation) else run(operation)

    async def arun_or_fail(operation: store.Operation[Any]) -> Any:
        return fail() if concerns(operation) else await arun(operation)

    monkeypatch.setattr(store, "run", run_or_fail)
    monkeypatch.setattr(store, "arun", arun_or_fail)


@pytest.mark.parametrize("kind", TROUBLES)
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_her_own_call_is_refused_with_a_time_to_come_back(
    ann: Browser, monkeypatch: pytest.MonkeyPatch, call: Call, kind: str
) -> None:
    trouble(monkeypatch, kind)
    answer = ann.send(call)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert int(answer["Retry-After"]) >= 1
    assert SECRET.encode() not in answer.content


@pytest.mark.parametrize("kind", TROUBLES)
@pytest.mark.parametrize("path", ["/ws/chat/Ann", "/ws/sessions"])
async def test_a_socket_is_refused_readably(
    ann: Browser, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, path: str, kind: str
) -> None:
    trouble(monkeypatch, kind)
    tab = ann.tab(path)
    assert await tab.is_accepted()
    assert await tab.closed_with() == 4500
    assert [frame["code"] for frame in tab.seen] == ["store_unavailable"]


@pytest.mark.parametrize("kind", TROUBLES)
async def test_a_message_is_not_acknowledged(
    ann: Browser, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, raw: redis.Redis, kind: str
) -> None:
    async with ann.chat("Ann") as tab:
        await tab.expect("welcome")
        trouble(monkeypatch, kind)
        await tab.send(text="is this kept?", client_id="6a1f5a0e-0a7c-4f55-9d6f-1f2f3a4b5c6d")
        refused = await tab.expect("error", "message")
        assert (refused["type"], refused["code"]) == ("error", "store_unavailable")
        assert refused["client_id"] == "6a1f5a0e-0a7c-4f55-9d6f-1f2f3a4b5c6d"
        monkeypatch.undo()
    assert raw.llen("chat_history:Ann") == 2


@pytest.mark.parametrize("kind", TROUBLES)
@pytest.mark.parametrize("call", [CALLS[-2], CALLS[8]], ids=str)
def test_where_the_limit_cannot_be_asked_nothing_is_allowed(
    ann: Browser, settings: Settings, monkeypatch: pytest.MonkeyPatch, call: Call, kind: str
) -> None:
    settings.NONO_RATE_LIMITS = True
    trouble(monkeypatch, kind, only="limit:")
    answer = ann.send(call)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")


@pytest.mark.parametrize("kind", TROUBLES)
def test_health_and_the_page_answer_all_the_same(
    ann: Browser, monkeypatch: pytest.MonkeyPatch, settings: Settings, kind: str
) -> None:
    trouble(monkeypatch, kind)
    health = ann.send(Call("GET", "/health"))
    assert (health.status_code, health.json()["redis"]) == (503, False)
    assert ann.send(Call("GET", "/ready")).status_code == 503
    assert ann.client.get("/").status_code == 200


@pytest.mark.parametrize("kind", TROUBLES)
def test_no_refusal_tells_where_the_store_is_or_how_it_is_entered(
    ann: Browser, monkeypatch: pytest.MonkeyPatch, settings: Settings, kind: str
) -> None:
    trouble(monkeypatch, kind)
    told = json.dumps(ann.send(CALLS[0]).json())
    for secret in (settings.REDIS_URL, str(settings.NONO_DATA_DIR), "unix:", "Traceback", "redis.exceptions"):
        assert secret not in told


def test_a_defect_of_a_script_is_no_sentence_to_a_visitor(ann: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(user_id: str) -> store.Operation[None]:
        return store.command("EVAL", f"error('canary of the script for {user_id}')", 0, read=lambda _answer: None)

    monkeypatch.setattr(operations, "fields_of", broken)
    answer = ann.send(CALLS[0])
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert b"canary" not in answer.content


def test_an_operator_is_told_so_too(
    ann: Browser, superuser: Client, anns_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble(monkeypatch, "down")
    for attribute in ("run_all", "arun_all"):
        monkeypatch.setattr(store, attribute, lambda *_: store.run(operations.ping()))
    answer = superuser.get("/admin/sessions_app/chatsession/")
    assert answer.status_code == 503
    assert SECRET not in answer.content.decode()


# The controls.


def test_where_an_absent_limit_were_taken_for_none_everything_would_be_allowed(
    ann: Browser, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NONO_RATE_LIMITS = True
    trouble(monkeypatch, "down", only="limit:")
    allow = rate_limits.allow_new_session

    def allow_anyway(*arguments: Any) -> None:
        try:
            allow(*arguments)
        except StoreUnavailable:
            return

    monkeypatch.setattr(rate_limits, "allow_new_session", allow_anyway)
    assert ann.send(CALLS[-2]).status_code == 201


async def test_where_a_message_were_acknowledged_before_it_is_kept_it_would_be_lost(
    ann: Browser, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, raw: redis.Redis
) -> None:
    from chat_app import conversation
    from chat_app.live import events
    from chat_app.messages import new_message

    receive = conversation.receive

    async def receive_hastily(room: Any, visitor: Any, text: str, **keywords: Any) -> Any:
        room.send(events.message(new_message("user", text)))
        return await receive(room, visitor, text, **keywords)

    monkeypatch.setattr(conversation, "receive", receive_hastily)
    async with ann.chat("Ann") as tab:
        await tab.expect("welcome")
        trouble(monkeypatch, "down")
        await tab.send(text="is this kept?")
        await tab.expect("message")
        monkeypatch.undo()
    assert raw.llen("chat_history:Ann") == 2
