"""Floods meet named limits that REST and sockets share, and replies that never end are capped."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import redis
from pytest_django.fixtures import Settings

from nono import rate_limits
from nono.realtime import consumer
from sessions_app.manager import SessionManager
from tests.security.conftest import Elsewhere
from tests.security.test_store_away import trouble
from tests.security.visitors import Browser, Call

SAY = Call("POST", "/api/chat", {"user_id": "Ann", "message": "hello"})
BURST = rate_limits.MESSAGES.burst


@pytest.fixture(autouse=True)
def limited(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits that an installation has, but that a busy machine gives no unit back while a test floods."""
    settings.NONO_RATE_LIMITS = True
    monkeypatch.setattr(rate_limits, "MESSAGES", replace(rate_limits.MESSAGES, seconds=600))


@pytest.fixture
def ann_has_a_chat(raw: redis.Redis, db: None) -> Browser:
    browser = Browser()
    browser.create("Ann")
    return browser


def test_a_flood_of_messages_is_refused_with_a_time_to_come_back(ann_has_a_chat: Browser, raw: redis.Redis) -> None:
    answers = [ann_has_a_chat.send(SAY) for _ in range(BURST + 3)]
    assert [one.status_code for one in answers] == [200] * BURST + [429] * 3
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert answers[-1].json()["code"] == "rate_limited"
    assert raw.llen("chat_history:Ann") == 2 * BURST


async def test_what_is_said_over_rest_counts_for_the_socket(ann_has_a_chat: Browser, elsewhere: Elsewhere) -> None:
    for _ in range(BURST):
        await elsewhere(ann_has_a_chat.send, SAY)
    async with ann_has_a_chat.chat("Ann") as tab:
        await tab.expect("welcome")
        await tab.send(text="one more")
        refused = await tab.expect("error", "message")
        assert (refused["code"], refused["retry_after"] >= 1) == ("rate_limited", True)


async def test_what_is_said_over_the_socket_counts_for_rest(ann_has_a_chat: Browser, elsewhere: Elsewhere) -> None:
    async with ann_has_a_chat.chat("Ann") as tab:
        for _ in range(BURST):
            await tab.send(text="hello")
            await tab.expect("message")
    assert (await elsewhere(ann_has_a_chat.send, SAY)).status_code == 429


async def test_asking_for_other_replies_counts_as_saying_something(
    ann_has_a_chat: Browser, elsewhere: Elsewhere
) -> None:
    async with ann_has_a_chat.chat("Ann") as tab:
        await tab.send(text="hello")
        await tab.expect("complete")
        for _ in range(BURST - 1):
            await tab.send(type="regenerate")
            await tab.expect("complete", "error")
        await tab.send(type="regenerate")
        assert (await tab.expect("error"))["code"] == "rate_limited"


async def test_who_floods_on_is_shown_the_door(ann_has_a_chat: Browser, elsewhere: Elsewhere) -> None:
    tab = ann_has_a_chat.chat("Ann")
    assert await tab.is_accepted()
    await tab.expect("welcome")
    for _ in range(BURST + consumer.MAX_REFUSED + 1):
        await tab.send(text="flood")
    async with asyncio.timeout(20):
        assert await tab.closed_with() == 4429


@pytest.mark.parametrize("door", ["one tab", "many tabs", "tabs and calls"])
async def test_no_door_lets_more_through_than_another(
    ann_has_a_chat: Browser, elsewhere: Elsewhere, raw: redis.Redis, door: str
) -> None:
    async def say_from_a_tab() -> None:
        async with ann_has_a_chat.chat("Ann") as tab:
            await tab.expect("welcome")
            for _ in range(BURST):
                await tab.send(text="hello")
                await tab.expect("message", "error")

    deeds: dict[str, list[Any]] = {
        "one tab": [say_from_a_tab()],
        "many tabs": [say_from_a_tab() for _ in range(4)],
        "tabs and calls": [say_from_a_tab(), *(elsewhere(Browser(ann_has_a_chat.cookie).send, SAY) for _ in range(6))],
    }
    for name, others in deeds.items():
        for unused in others if name != door else []:
            unused.close()
    await asyncio.gather(*deeds[door])
    said = [one for one in raw.lrange("chat_history:Ann", 0, -1) if '"role":"user"' in one]
    assert len(said) == BURST


def test_a_flood_of_new_sessions_is_refused_whoever_the_visitor_is(raw: redis.Redis, db: None) -> None:
    creations = [Call("POST", "/api/session/create", {"user_id": f"n{i}"}) for i in range(23)]
    statuses = [Browser().send(call).status_code for call in creations]
    assert statuses == [201] * 20 + [429] * 3


def test_clearing_does_not_bring_the_units_of_a_flood_back(ann_has_a_chat: Browser) -> None:
    statuses = []
    for _ in range(25):
        ann_has_a_chat.send(Call("DELETE", "/api/session/Ann/clear"))
        statuses.append(ann_has_a_chat.send(Call("POST", "/api/session/create", {"user_id": "Ann"})).status_code)
    assert statuses[-1] == 429


def test_refused_creations_cost_units_too(ann_has_a_chat: Browser) -> None:
    taken = [Call("POST", "/api/session/create", {"user_id": "Ann"})] * 25
    assert [ann_has_a_chat.send(call).status_code for call in taken][-1] == 429


@pytest.fixture
def few_clears(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hundred are as good as five, and take longer."""
    monkeypatch.setattr(rate_limits, "CLEARS", replace(rate_limits.CLEARS, burst=5))


def clear(name: str) -> Call:
    return Call("DELETE", f"/api/session/{name}/clear")


def test_a_flood_of_clears_is_refused_whoever_the_visitor_is(
    raw: redis.Redis, few_clears: None, sessions: SessionManager, db: None
) -> None:
    answers = []
    for number in range(8):
        browser = Browser()
        browser.create(f"n{number}")
        answers.append(browser.send(clear(f"n{number}")))
    assert [one.status_code for one in answers] == [200] * 5 + [429] * 3
    assert 1 <= int(answers[-1]["Retry-After"]) <= 6
    assert answers[-1].json()["code"] == "rate_limited"
    assert sorted(sessions.list_active_sessions()) == ["n5", "n6", "n7"]


def test_clearing_and_bringing_back_by_turns_is_a_flood_too(ann_has_a_chat: Browser, few_clears: None) -> None:
    statuses = []
    for _ in range(7):
        statuses.append(ann_has_a_chat.send(clear("Ann")).status_code)
        ann_has_a_chat.send(Call("POST", "/api/session/Ann/undo"))
    assert statuses == [200] * 5 + [429] * 2


def test_clears_of_what_does_not_exist_cost_units_too(ann_has_a_chat: Browser, few_clears: None) -> None:
    assert [ann_has_a_chat.send(clear("Nobody")).status_code for _ in range(7)] == [404] * 5 + [429] * 2


def test_who_has_many_chats_clears_them_all_at_once(
    ann_has_a_chat: Browser, sessions: SessionManager, raw: redis.Redis
) -> None:
    # More than an address may begin in the hours for which chats can be kept without a word.
    assert rate_limits.CLEARS.burst >= 4 * rate_limits.NEW_SESSIONS.units
    owner = sessions.get_session("Ann").owner
    for number in range(rate_limits.CLEARS.burst - 1):
        sessions.create_session(f"n{number}", owner=owner)
    names = sessions.list_active_sessions()
    assert {ann_has_a_chat.send(clear(name)).status_code for name in names} == {200}
    assert sessions.list_active_sessions() == []


def test_where_the_limit_of_clears_cannot_be_asked_nothing_is_cleared(
    ann_has_a_chat: Browser, monkeypatch: pytest.MonkeyPatch, sessions: SessionManager
) -> None:
    trouble(monkeypatch, "down", only="limit:")
    answer = ann_has_a_chat.send(clear("Ann"))
    monkeypatch.undo()
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert sessions.list_active_sessions() == ["Ann"]


# The controls.


def test_without_the_limit_a_flood_of_clears_goes_through(
    ann_has_a_chat: Browser, few_clears: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "allow_clear", lambda *_: None)
    for _ in range(8):
        assert ann_has_a_chat.send(clear("Ann")).status_code == 200
        assert ann_has_a_chat.send(Call("POST", "/api/session/Ann/undo")).status_code == 200


def test_without_the_limit_a_flood_of_messages_goes_through(
    ann_has_a_chat: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def allow(*_: Any) -> None: ...

    monkeypatch.setattr(rate_limits, "allow_message", allow)
    assert {ann_has_a_chat.send(SAY).status_code for _ in range(BURST + 3)} == {200}


def test_without_the_limit_a_flood_of_sessions_goes_through(
    raw: redis.Redis, sessions: SessionManager, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "allow_new_session", lambda *_: None)
    for i in range(23):
        Browser().create(f"n{i}")
    assert len(sessions.list_active_sessions()) == 23


async def test_without_the_count_of_refusals_a_flood_goes_on(
    ann_has_a_chat: Browser, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "MAX_REFUSED", 10**9)
    async with ann_has_a_chat.chat("Ann") as tab:
        await tab.expect("welcome")
        for _ in range(BURST + 70):
            await tab.send(text="flood")
        for _ in range(70):
            await tab.expect("error")
        await tab.send(type="ping")
        await tab.expect("pong")
