"""An operator reads a chat live: the visitor's tabs are told when it begins and ends, and only then is it shown."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from html import unescape
from typing import Any
from urllib.parse import quote as quoted

import pytest
import redis
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from chat_app.consumers import observing
from chat_app.live import presence, reconciler
from chat_app.live.presence import TranscriptView
from chat_app.memory import ChatMemoryManager
from nono import store
from nono.errors import NotAllowed
from nono.store import operations
from sessions_app.manager import SessionManager
from sessions_app.session import Session
from tests.support.sockets import Tab, chat

pytestmark = pytest.mark.django_db(transaction=True)

memory = ChatMemoryManager()
Elsewhere = Callable[..., Awaitable[Any]]


class Desk:
    """An operator with a browser."""

    def __init__(self, name: str = "olga", *permissions: str) -> None:
        self.user = User.objects.create(username=name, is_staff=True)
        wanted = permissions or ("view_chatsession", "read_transcript")
        self.user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
        self.client = Client()
        self.client.force_login(self.user)

    def open(self, session: Session) -> str:
        """Opens a transcript for a reason and returns the pass on its page."""
        address = reverse("admin:sessions_app_chatsession_transcript", args=[quote(session.session_id)])
        page = self.client.post(address, {"reason": "a complaint"}).content.decode()
        found = re.search(r'data-pass="([^"]+)"', page)
        assert found
        return unescape(found[1])

    def follow(self, reading: str, query: str = "") -> Tab:
        """Returns the socket of an open transcript."""
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in self.client.cookies.items())
        return Tab(f"/ws/admin/transcript?pass={quoted(reading)}{query}", {"cookie": cookie})


@pytest.fixture
async def ann(elsewhere: Elsewhere) -> Session:
    session: Session = await elsewhere(SessionManager().create_session, "Ann")
    return session


@pytest.fixture
async def desk(elsewhere: Elsewhere) -> Desk:
    made: Desk = await elsewhere(Desk)
    return made


async def observer_shown(tab: Tab) -> bool:
    return bool((await tab.expect("observer"))["present"])


async def is_observed(raw: redis.Redis) -> bool:
    found = await store.arun(operations.read("Ann"))
    return bool(found and found.observed)


async def test_the_visitor_is_told_when_the_first_opens_it_and_when_the_last_closes_it(
    elsewhere: Elsewhere, ann: Session, desk: Desk
) -> None:
    second: Desk = await elsewhere(Desk, "oleg")
    async with chat("Ann") as visitor:
        await visitor.expect("welcome")
        first_pass = await elsewhere(desk.open, ann)
        assert await observer_shown(visitor) is True
        async with desk.follow(first_pass) as one:
            await one.expect("welcome")
            async with second.follow(await elsewhere(second.open, ann)) as other:
                await other.expect("welcome")
            await visitor.send(type="ping")
            await visitor.expect("pong")
            assert [frame["present"] for frame in visitor.seen if frame["type"] == "observer"] == [True]
        assert await observer_shown(visitor) is False


async def test_a_tab_that_comes_meanwhile_is_told_right_after_its_welcome(
    elsewhere: Elsewhere, ann: Session, desk: Desk
) -> None:
    async with desk.follow(await elsewhere(desk.open, ann)) as transcript:
        await transcript.expect("welcome")
        async with chat("Ann") as visitor:
            assert (await visitor.next())["type"] == "welcome"
            assert await visitor.next() == {"type": "observer", "present": True}


async def test_a_tab_of_an_unobserved_chat_hears_nothing_of_observers(elsewhere: Elsewhere, ann: Session) -> None:
    async with chat("Ann") as visitor:
        await visitor.expect("welcome")
        await visitor.send(type="ping")
        assert (await visitor.next())["type"] == "pong"


async def test_the_transcript_is_told_everything_that_is_said(elsewhere: Elsewhere, ann: Session, desk: Desk) -> None:
    reading = await elsewhere(desk.open, ann)
    async with chat("Ann") as visitor, desk.follow(reading) as transcript:
        await visitor.expect("welcome")
        await transcript.expect("welcome")
        await visitor.send(type="message", text="hello")
        assert (await transcript.expect("message"))["message"]["content"] == "hello"
        reply_id = (await transcript.expect("start"))["reply_id"]
        complete = await transcript.expect("complete")
        assert transcript.text_of(reply_id) == complete["response"] != ""


async def test_a_transcript_goes_on_from_where_its_page_stands(elsewhere: Elsewhere, ann: Session, desk: Desk) -> None:
    for text in ("one", "two"):
        await elsewhere(memory.add_message, "Ann", "user", text)
    reading = await elsewhere(desk.open, ann)
    async with desk.follow(reading, f"&epoch={ann.epoch}&after=1") as transcript:
        welcome = await transcript.expect("welcome")
    assert welcome["recovered"] is True
    assert [one["content"] for one in welcome["messages"]] == ["two"]


async def test_an_operator_says_nothing_in_a_transcript(elsewhere: Elsewhere, ann: Session, desk: Desk) -> None:
    async with desk.follow(await elsewhere(desk.open, ann)) as transcript:
        await transcript.expect("welcome")
        for frame in ({"type": "message", "text": "hi"}, {"text": "hi"}, {"type": "stop"}, {"type": "extend"}):
            await transcript.send(**frame)
            assert (await transcript.expect("error"))["code"] == "invalid_request"
    assert (await elsewhere(memory.get_messages, "Ann")).raw_messages == ()


async def test_every_ping_brings_a_pass_for_the_next_connection(elsewhere: Elsewhere, ann: Session, desk: Desk) -> None:
    async with desk.follow(await elsewhere(desk.open, ann)) as transcript:
        await transcript.expect("welcome")
        await transcript.send(type="ping")
        renewed = (await transcript.expect("pass"))["pass"]
        await transcript.expect("pong")
    async with desk.follow(renewed) as transcript:
        await transcript.expect("welcome")


async def test_a_process_that_dies_is_missed_within_seconds(
    elsewhere: Elsewhere, raw: redis.Redis, ann: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "LIVE_MS", 100)
    await TranscriptView.of(ann, "1").go_on()
    async with chat("Ann") as visitor:
        assert await observer_shown(visitor) is True
        await asyncio.sleep(0.11)
        await reconciler.reconcile()
        assert await observer_shown(visitor) is False


async def test_the_watch_sees_an_operator_whom_no_bell_announced(
    elsewhere: Elsewhere, raw: redis.Redis, ann: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chat("Ann") as visitor:
        await visitor.expect("welcome")
        await store.arun(operations.observe("Ann", ann.session_id, ann.created_at, "someone", 10_000))
        await reconciler.reconcile()
        assert await observer_shown(visitor) is True


async def test_a_live_transcript_says_again_and_again_that_it_is_open(
    elsewhere: Elsewhere, raw: redis.Redis, ann: Session, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observing, "BEAT", 0.02)
    async with desk.follow(await elsewhere(desk.open, ann)) as transcript:
        await transcript.expect("welcome")
        raw.hdel("session:Ann", "observers", "observed_until")
        deadline = time.monotonic() + 5
        while not await is_observed(raw):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("loss", ["permission", "account", "signed out"])
async def test_who_loses_the_right_loses_the_transcript(
    elsewhere: Elsewhere, ann: Session, desk: Desk, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    monkeypatch.setattr(observing, "BEAT", 0.05)
    reading = await elsewhere(desk.open, ann)
    lose = {
        "permission": desk.user.user_permissions.clear,
        "account": lambda: User.objects.update(is_active=False),
        "signed out": lambda: desk.client.post(reverse("admin:logout")),
    }
    async with chat("Ann") as visitor:
        async with desk.follow(reading) as transcript:
            await transcript.expect("welcome")
            await elsewhere(lose[loss])
            assert await transcript.closed_with() == 4403
        assert transcript.seen[-1]["code"] == "not_allowed"
        while await observer_shown(visitor):
            pass


@pytest.mark.parametrize(
    "wrong", ["", "nonsense", "of another operator", "too old", "without permission", "signed out"]
)
async def test_without_a_right_and_a_fresh_reason_there_is_no_transcript(
    elsewhere: Elsewhere, raw: redis.Redis, ann: Session, desk: Desk, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    reading = wrong
    if wrong == "of another operator":
        other: Desk = await elsewhere(Desk, "oleg")
        reading = TranscriptView.of(ann, str(other.user.pk)).to_token()
    elif wrong in {"without permission", "signed out", "too old"}:
        reading = TranscriptView.of(ann, str(desk.user.pk)).to_token()
    if wrong == "without permission":
        await elsewhere(lambda: desk.user.user_permissions.set(Permission.objects.filter(codename="view_chatsession")))
    elif wrong == "signed out":
        await elsewhere(desk.client.logout)
    elif wrong == "too old":
        monkeypatch.setattr(presence, "PASS_SECONDS", -1)
    async with desk.follow(reading) as transcript:
        assert await transcript.closed_with() == 4403
    assert [frame["type"] for frame in transcript.seen] == ["error"]
    assert not await is_observed(raw)


async def test_a_later_chat_of_the_same_name_is_not_shown(
    elsewhere: Elsewhere, raw: redis.Redis, ann: Session, desk: Desk
) -> None:
    reading = await elsewhere(desk.open, ann)
    async with desk.follow(reading) as transcript:
        await transcript.expect("welcome")
        await elsewhere(SessionManager().delete_session, "Ann")
        await transcript.expect("cleared")
        await elsewhere(SessionManager().create_session, "Ann")
        assert await transcript.closed_with() == 4404
    assert not await is_observed(raw)
    async with desk.follow(reading) as transcript:
        assert await transcript.closed_with() == 4404


async def test_an_observer_dies_with_the_session(elsewhere: Elsewhere, raw: redis.Redis, ann: Session) -> None:
    await elsewhere(TranscriptView.of(ann, "1").begin)
    before = raw.ttl("session:Ann")
    await elsewhere(SessionManager().delete_session, "Ann")
    await elsewhere(SessionManager().create_session, "Ann")
    assert not await is_observed(raw)
    assert raw.ttl("session:Ann") >= before > 0
    assert "observ" not in str(raw.hgetall("session:Ann"))


async def test_a_page_without_javascript_counts_as_open_for_five_minutes(
    elsewhere: Elsewhere, raw: redis.Redis, ann: Session, desk: Desk
) -> None:
    await elsewhere(desk.open, ann)
    left = int(str(raw.hget("session:Ann", "observed_until"))) / 1000 - time.time()
    assert 290 < left <= 301


async def test_the_trace_holds_no_text(elsewhere: Elsewhere, ann: Session, desk: Desk) -> None:
    async with chat("Ann") as visitor, desk.follow(await elsewhere(desk.open, ann)) as transcript:
        await visitor.expect("welcome")
        await visitor.send(type="message", text="quite secret")
        await transcript.expect("complete")
    logged = await elsewhere(lambda: list(LogEntry.objects.values()))
    assert [one["change_message"] for one in logged] == ["Read the transcript. Reason: a complaint"]
    assert "secret" not in str(logged)


def test_a_pass_is_good_for_its_own_text_only(ann: Session) -> None:
    reading = TranscriptView.of(ann, "7")
    assert TranscriptView.from_token(reading.to_token()) == reading
    for text in ("", reading.to_token()[:-1], reading.to_token().replace(":", "x")):
        with pytest.raises(NotAllowed):
            TranscriptView.from_token(text)
