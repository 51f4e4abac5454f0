"""How many sockets one session and one address may have, counted for all processes in the store."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
import redis
from django.test import RequestFactory

from nono import store
from nono.realtime import connection_limits
from nono.realtime.connection_limits import ConnectionSlots
from nono.store import operations
from nono.web import client_ip
from sessions_app.manager import SessionManager
from tests.support.sockets import Tab, chat

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def limits(settings: Any, sessions: SessionManager) -> None:
    settings.NONO_RATE_LIMITS = True
    sessions.create_session("Ann")


def from_address(address: str) -> Tab:
    return Tab("/ws/sessions", {"x-forwarded-for": f"6.6.6.6, {address}"})


async def open_tabs(stack: AsyncExitStack, number: int) -> list[Tab]:
    tabs = [await stack.enter_async_context(chat("Ann")) for _ in range(number)]
    for tab in tabs:
        await tab.expect("welcome")
    return tabs


async def test_twenty_tabs_have_a_chat_open_and_the_next_is_told_why_it_may_not() -> None:
    async with AsyncExitStack() as stack:
        await open_tabs(stack, 20)
        async with chat("Ann") as one_more:
            assert await one_more.closed_with() == 4409
        refusal = one_more.seen[-1]
        assert refusal["code"] == "rate_limited"
        assert refusal["message"].startswith("This chat is open in more than 20 places.")
        assert refusal["retry_after"] == 10


async def test_a_tab_that_closes_gives_its_place_to_the_next() -> None:
    async with AsyncExitStack() as stack:
        await open_tabs(stack, 19)
        for _ in range(3):
            async with chat("Ann") as last:
                await last.expect("welcome")
    assert await store.arun(operations.tabs_of(["Ann"])) == [0]


async def test_without_its_limit_the_chat_takes_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "PER_SESSION", 0)
    async with AsyncExitStack() as stack:
        await open_tabs(stack, 21)


async def test_an_address_has_a_hundred_sockets_and_another_one_has_its_own(
    settings: Any,
) -> None:
    settings.NONO_TRUSTED_PROXIES = 1
    assert settings.NONO_SOCKETS_PER_ADDRESS == 100
    settings.NONO_SOCKETS_PER_ADDRESS = 3
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await (await stack.enter_async_context(from_address("2001:db8::1"))).expect("sessions")
        async with from_address("2001:db8::2") as neighbour:
            assert await neighbour.closed_with() == 4409
        assert neighbour.seen[-1]["message"].startswith("More than 3 connections are open from your address.")
        async with from_address("192.0.2.7") as another:
            await another.expect("sessions")


async def test_who_may_not_see_a_chat_does_not_learn_that_it_is_crowded(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_limits, "PER_SESSION", 1)
    async with AsyncExitStack() as stack:
        await open_tabs(stack, 1)
        settings.NONO_ACCESS = "private"
        async with chat("Ann") as stranger:
            assert await stranger.closed_with() == 4404
        assert await store.arun(operations.tabs_of(["Ann"])) == [1]


async def test_limits_that_are_off_still_count_tabs_for_the_operator(settings: Any, raw: redis.Redis) -> None:
    settings.NONO_RATE_LIMITS = False
    async with AsyncExitStack() as stack:
        await open_tabs(stack, 21)
        assert await store.arun(operations.tabs_of(["Bob", "Ann"])) == [0, 21]
        assert not list(raw.scan_iter("socket_places:*"))


async def test_places_at_once_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "PER_SESSION", 5)
    sockets = [ConnectionSlots() for _ in range(40)]
    outcomes = await asyncio.gather(*(one.acquire_for_session("Ann") for one in sockets), return_exceptions=True)
    assert [outcome for outcome in outcomes if outcome is None] == [None] * 5


async def test_the_places_of_a_dead_process_are_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nono.store.connections.PLACE_MS", 150)
    key = operations.tabs_key("Ann")
    assert await store.arun(operations.acquire_slot(key, "a dead one's", 1))
    assert not await store.arun(operations.acquire_slot(key, "mine", 1))
    await asyncio.sleep(0.2)
    assert await store.arun(operations.acquire_slot(key, "mine", 1))


async def test_the_beat_keeps_what_is_open_and_brings_back_what_the_store_forgot(raw: redis.Redis) -> None:
    ours, left = ConnectionSlots(), ConnectionSlots()
    await ours.acquire_for_session("Ann")
    await left.acquire_for_session("Ann")
    raw.flushdb()
    await left.release()
    await connection_limits.keep_all({ours: None})
    assert await store.arun(operations.tabs_of(["Ann"])) == [1]
    assert 0 < int(raw.pttl(operations.tabs_key("Ann"))) <= operations.PLACE_MS
    await ours.release()


async def test_every_key_has_its_clock_and_names_nobody(settings: Any, raw: redis.Redis) -> None:
    settings.NONO_TRUSTED_PROXIES = 1
    async with Tab("/ws/chat/Ann", {"x-forwarded-for": "192.0.2.7"}) as tab:
        await tab.expect("welcome")
        found = [*raw.scan_iter("socket_places:*"), *raw.scan_iter("chat_tabs:*")]
        assert len(found) == 2
        for key in found:
            assert operations.own_clock_of(key) == operations.PLACE_MS
            assert 0 < int(raw.pttl(key)) <= operations.PLACE_MS
            assert "Ann" not in key
            assert "192.0.2.7" not in key


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "client"),
    [
        ("192.0.2.1", "", 0, "192.0.2.1"),
        ("192.0.2.1", "6.6.6.6", 0, "192.0.2.1"),
        ("127.0.0.1", "6.6.6.6, 192.0.2.7", 1, "192.0.2.7"),
        ("127.0.0.1", "6.6.6.6, 192.0.2.7, 10.0.0.1", 2, "192.0.2.7"),
        ("127.0.0.1", "", 1, "127.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "", 0, "192.0.2.1"),
        ("", "", 0, "unknown"),
    ],
)
def test_a_request_and_a_socket_come_from_the_same_address(
    settings: Any, peer: str, forwarded: str, trusted: int, client: str
) -> None:
    settings.NONO_TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    scope = {"client": [peer, 1] if peer else None, "headers": [(b"x-forwarded-for", forwarded.encode())]}
    assert client_ip.address_of(request) == client_ip.address_of_socket(scope) == client
