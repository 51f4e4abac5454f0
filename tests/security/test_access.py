"""Somebody else's session is, to the last byte, one that does not exist."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.core import signing
from pytest_django.fixtures import Settings

from chat_app import conversation
from chat_app.consumers import chat as consumers
from sessions_app import access
from sessions_app.manager import SessionManager
from sessions_app.order import Order
from sessions_app.session import Session
from tests.security.conftest import SECRET, Cost, Stored
from tests.security.visitors import Browser, Call, calls_on, seen

CALLS = calls_on("Ann", "session_Ann_{created}")
STRANGERS: dict[str, Callable[[Browser, Session], str | None]] = {
    "without a cookie": lambda _ann, _session: None,
    "with an empty cookie": lambda _ann, _session: "",
    "with a cookie of their own": lambda _ann, _session: somebody().cookie,
    "with her cookie's secret unsigned": lambda ann, _session: ann.cookie.rpartition(":")[0],
    "with her cookie's secret and their signature": lambda ann, _session: swapped(ann.cookie, somebody().cookie),
    "with their secret and her signature": lambda ann, _session: swapped(somebody().cookie, ann.cookie),
    "with one character of her signature changed": lambda ann, _session: ann.cookie[:-1] + "-",
    "with her cookie signed by another key": lambda ann, _session: signed(ann, key="another-key"),
    "with her cookie signed for another purpose": lambda ann, _session: signed(ann, salt="django.contrib.messages"),
    "with what the store holds of her": lambda _ann, session: session.owner,
    "with what the store holds of her, signed": lambda _ann, session: signing.Signer(salt="nono.visitor").sign(
        session.owner
    ),
    "with her name for a cookie": lambda _ann, session: session.session_id,
}
"""Who comes, by what they bring for a cookie; who signs has stolen nothing, but found somebody who signs."""

SEARCHES = [
    "",
    "?q=Ann",
    "?q=ann",
    "?persona=default",
    "?limit=1",
    "?limit=1000",
    "?cursor={cursor}",
    "?q=Ann&cursor={cursor}",
]


def somebody() -> Browser:
    """A visitor who has been here before."""
    browser = Browser()
    browser.send(Call("GET", "/api/personas"))
    assert browser.cookie
    return browser


def swapped(one: str, other: str) -> str:
    return f"{one.rpartition(':')[0]}:{other.rpartition(':')[2]}"


def signed(ann: Browser, **how: str) -> str:
    secret = ann.cookie.rpartition(":")[0]
    return signing.Signer(key=how.get("key"), salt=how.get("salt", "nono.visitor")).sign(secret)


def for_her(call: Call, session: Session) -> Call:
    """The call with the ``session_id`` that hers really has."""
    body = {k: session.session_id if k == "session_id" else v for k, v in call.body.items()} if call.body else None
    return Call(call.method, call.path, body, call.headers)


def outside(answer: Any) -> tuple[int, dict[str, str], bytes, bool]:
    """What a stranger can tell; a new visitor's cookie is a new one each time."""
    return *seen(answer), bool(answer.cookies)


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_her_session_is_to_a_stranger_one_that_does_not_exist(
    anns_session: Session, ann: Browser, stored: Stored, raw: redis.Redis, call: Call, stranger: str
) -> None:
    cookie, attempt = STRANGERS[stranger](ann, anns_session), for_her(call, anns_session)
    before = stored()
    hers = outside(Browser(cookie).send(attempt))
    assert stored() == before
    raw.flushdb()
    nobodys = outside(Browser(cookie).send(attempt))
    assert hers == nobodys
    assert hers[0] == 404
    assert SECRET.encode() not in hers[2]


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_refusing_costs_the_same_whether_or_not_it_exists(
    anns_session: Session, ann: Browser, raw: redis.Redis, cost: Cost, call: Call
) -> None:
    stranger, attempt = somebody(), for_her(call, anns_session)
    cost()
    stranger.send(attempt)
    for_hers = cost()
    raw.flushdb()
    stranger.send(attempt)
    assert cost() == for_hers == {"hgetall": 1}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_she_cleared_only_she_brings_back(
    ann: Browser, anns_session: Session, stored: Stored, raw: redis.Redis, stranger: str
) -> None:
    undo = ann.send(Call("DELETE", "/api/session/Ann/clear")).json()["undo"]
    cookie, before = STRANGERS[stranger](ann, anns_session), stored()
    for body in (None, {"undo": ""}, {"undo": undo}):
        attempt = Call("POST", "/api/session/Ann/undo", body)
        hers = outside(Browser(cookie).send(attempt))
        assert hers[0] == 404
        assert hers[2] == outside(Browser(cookie).send(Call("POST", "/api/session/Bob/undo", body)))[2].replace(
            b"Bob", b"Ann"
        )
    assert stored().keys() == before.keys()
    assert ann.send(Call("POST", "/api/session/Ann/undo", {"undo": undo})).status_code == 200


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("search", SEARCHES)
def test_no_list_of_a_strangers_has_her_in_it(ann: Browser, anns_session: Session, search: str, stranger: str) -> None:
    query = search.format(cursor=Order().encode({"active_ms": str(anns_session.active_ms), "member": "Ann"}))
    answer = Browser(STRANGERS[stranger](ann, anns_session)).send(Call("GET", f"/api/sessions{query}"))
    assert (answer.status_code, answer.json()) == (200, {"sessions": [], "count": 0, "next": None})


def test_a_stranger_with_chats_of_their_own_is_told_of_these_alone(ann: Browser, anns_session: Session) -> None:
    stranger = Browser()
    for name in ("Eve", "Anna", "Joanna"):
        stranger.create(name)
    answer = stranger.send(Call("GET", "/api/sessions?q=ann")).json()
    assert (sorted(one["user_id"] for one in answer["sessions"]), answer["count"]) == (["Anna", "Joanna"], 2)


@pytest.mark.parametrize("path", ["/", "/chat/Ann", "/api/personas", "/api/openapi.json", "/health", "/ready"])
def test_no_page_tells_of_her(ann: Browser, anns_session: Session, path: str) -> None:
    answer = Browser().send(Call("GET", path))
    nobodys = Browser().send(Call("GET", path.replace("Ann", "Bob")))
    assert SECRET.encode() not in answer.content
    assert anns_session.owner.encode() not in answer.content
    assert unstamped(answer.content) == unstamped(nobodys.content).replace(b"Bob", b"Ann")


def unstamped(page: bytes) -> bytes:
    return re.sub(rb'"timestamp": ?"[^"]+"', b"", page)


def test_taking_her_name_is_refused_and_changes_nothing(ann: Browser, anns_session: Session, stored: Stored) -> None:
    before = stored()
    for name in ("Ann", " Ann ", "Ann "):
        answer = Browser().send(Call("POST", "/api/session/create", {"user_id": name, "metadata": {"a": 1}}))
        assert (answer.status_code, answer.json()["code"]) == (409, "session_exists")
        assert SECRET not in answer.content.decode()
    assert stored() == before


def test_a_session_that_is_nobodys_is_no_visitors(sessions: SessionManager, db: None) -> None:
    session = sessions.create_session("Ann")  # as a command creates it
    for call in CALLS:
        for cookie in (None, "", somebody().cookie):
            assert Browser(cookie).send(for_her(call, session)).status_code == 404


@pytest.mark.parametrize("owner", ["", "é", "\ufffd", " " * 32, "0" * 32, "null"])
def test_an_owner_that_a_hand_damaged_is_no_visitor(ann: Browser, raw: redis.Redis, owner: str) -> None:
    raw.hset("session:Ann", "owner", owner)
    assert Browser().send(CALLS[0]).status_code == 404
    assert ann.send(CALLS[0]).status_code == 404


def test_flooding_tells_nothing_either(
    ann: Browser, anns_session: Session, raw: redis.Redis, settings: Settings
) -> None:
    settings.NONO_RATE_LIMITS = True
    attempts = [for_her(CALLS[number], anns_session) for number in (0, 6, 7, 8, 10)]
    stranger = somebody()
    hers = [seen(stranger.send(attempt)) for _ in range(25) for attempt in attempts]
    raw.flushdb()
    assert [status for status, *_ in hers] == [
        stranger.send(attempt).status_code for _ in range(25) for attempt in attempts
    ]


# The controls: the same attacks with the guard removed.


def let_everybody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (access, consumers, conversation):
        monkeypatch.setattr(module, "may_see", lambda *_: True)


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_without_the_guard_a_stranger_reads_and_writes_her_session(
    anns_session: Session, ann: Browser, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    let_everybody_in(monkeypatch)
    answer = somebody().send(for_her(call, anns_session))
    assert answer.status_code == 200
    if call.method == "GET" and "limit" not in call.path:
        assert SECRET.encode() in answer.content


def test_without_the_guard_every_list_has_her_in_it(ann: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sessions_app.api.sees_everything", lambda _visitor: True)
    assert '"user_id":"Ann"' in somebody().send(Call("GET", "/api/sessions")).content.decode()


def test_without_signature_and_hash_what_the_store_holds_opens_her_session(
    raw: redis.Redis, db: None, sessions: SessionManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "_owner", lambda secret: secret)
    monkeypatch.setattr(signing.Signer, "unsign", lambda _self, value: value.rpartition(":")[0])
    Browser("her secret:signature").create("Ann")
    stolen = sessions.get_session("Ann").owner
    assert Browser(f"{stolen}:anything").send(CALLS[0]).status_code == 200


def test_asked_of_the_whole_history_a_refusal_would_cost_more_where_there_is_one(
    ann: Browser, cost: Cost, monkeypatch: pytest.MonkeyPatch, sessions: SessionManager
) -> None:
    from chat_app import api  # the guard is that it asks for the session alone first

    monkeypatch.setattr(api, "admitted", lambda _request, user_id: sessions.get_session(user_id))
    cost()
    somebody().send(CALLS[0])
    for_hers = cost()
    assert for_hers != {"hgetall": 1}
