"""Staff who open somebody's chat as its visitor does: it is in the log, its visitor is told, and only staff may."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest
import redis
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from chat_app import responders
from chat_app.consumers import chat as consumers
from chat_app.consumers import observing
from chat_app.memory import ChatMemoryManager
from nono import store
from nono.realtime import notifications
from nono.store import operations
from sessions_app import live_lists
from sessions_app.manager import SessionManager
from tests.security.visitors import Browser
from tests.support.sockets import Tab

pytestmark = pytest.mark.django_db(transaction=True)

ALL = ("view_chatsession", "read_transcript", "delete_chatsession")
Elsewhere = Callable[..., Awaitable[Any]]


class Brief:
    """A voice that says one word at once."""

    async def stream(self, _window: Any) -> AsyncIterator[str]:
        yield "Yes."


@pytest.fixture(autouse=True)
def private(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.NONO_ACCESS = "private"
    monkeypatch.setattr(responders, "responder", lambda _persona: Brief())


class Staff:
    """A browser in which a staff user is signed in, and which is a visitor, too."""

    def __init__(self, *permissions: str) -> None:
        self.user = User.objects.create(username="olga", is_staff=True)
        self.user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        self.client = Client()
        self.client.force_login(self.user)
        self.client.get("/api/sessions")

    def tab(self, path: str) -> Tab:
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in self.client.cookies.items())
        return Tab(path, {"cookie": cookie})

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return self.client.generic(method, path, body or "", content_type="application/json")


@pytest.fixture
async def ann(elsewhere: Elsewhere) -> Browser:
    """A visitor with a chat in which something was said."""
    browser = Browser()
    await elsewhere(browser.create, "Ann")
    await elsewhere(ChatMemoryManager().add_message, "Ann", "user", "quite secret")
    return browser


@pytest.fixture
async def olga(elsewhere: Elsewhere) -> Staff:
    made: Staff = await elsewhere(Staff, *ALL)
    return made


def trail() -> list[str]:
    return [f"{one.user} {one.object_repr}: {one.change_message}" for one in LogEntry.objects.order_by("id")]


async def presence(tab: Tab) -> bool:
    return bool((await tab.expect("observer"))["present"])


async def test_the_visitor_is_told_while_staff_have_the_chat_open(
    elsewhere: Elsewhere, ann: Browser, olga: Staff
) -> None:
    async with ann.chat("Ann") as visitor:
        await visitor.expect("welcome")
        async with olga.tab("/ws/chat/Ann") as staff:
            assert "quite secret" in str(await staff.expect("welcome"))
            assert await presence(visitor) is True
        assert await presence(visitor) is False
    assert await elsewhere(trail) == ["olga Ann: Opened the chat on the visitors' page."]


async def test_the_visitor_is_told_again_and_again(
    elsewhere: Elsewhere, raw: redis.Redis, ann: Browser, olga: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observing, "BEAT", 0.02)
    async with olga.tab("/ws/chat/Ann") as staff:
        await staff.expect("welcome")
        raw.hdel("session:Ann", "observers", "observed_until")
        deadline = time.monotonic() + 5
        while not raw.hexists("session:Ann", "observed_until"):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)


CALLS = {
    "reading": ("GET", "/api/session/Ann/history", None, "Read the chat as its visitor does."),
    "exporting": (
        "GET",
        "/api/session/Ann/export?format=html",
        None,
        "Exported the chat as html, as its visitor does.",
    ),
    "writing": (
        "POST",
        "/api/chat",
        '{"user_id": "Ann", "message": "hello"}',
        "Wrote in the chat as its visitor does.",
    ),
}


@pytest.mark.parametrize("deed", CALLS)
async def test_a_call_that_shows_the_chat_is_in_the_log_and_told(
    elsewhere: Elsewhere, ann: Browser, olga: Staff, deed: str
) -> None:
    method, path, body, told = CALLS[deed]
    async with ann.chat("Ann") as visitor:
        await visitor.expect("welcome")
        for _ in range(2):
            assert (await elsewhere(olga.call, method, path, body)).status_code == 200
        assert await presence(visitor) is True
    logged = await elsewhere(lambda: list(LogEntry.objects.values()))
    assert [(one["change_message"], one["action_flag"]) for one in logged] == [(told, CHANGE)] * 2
    assert "secret" not in str(logged)
    found = await store.arun(operations.read("Ann"))
    assert found
    assert found.session["observers"].count(":") == 1  # one who reads again is still one


async def test_what_staff_do_to_a_chat_is_in_the_log(elsewhere: Elsewhere, ann: Browser, olga: Staff) -> None:
    for method, call in (("POST", "extend"), ("DELETE", "clear"), ("POST", "undo")):
        assert (await elsewhere(olga.call, method, f"/api/session/Ann/{call}")).status_code == 200
    assert await elsewhere(trail) == [
        "olga Ann: Extended the clock as its visitor does.",
        "olga Ann: Cleared as its visitor does.",
        "olga Ann: Took a clear back as its visitor does.",
    ]
    assert await elsewhere(LogEntry.objects.filter(action_flag=DELETION).count) == 1


async def test_their_own_chats_are_nobodys_business(elsewhere: Elsewhere, raw: redis.Redis, olga: Staff) -> None:
    created = await elsewhere(olga.call, "POST", "/api/session/create", '{"user_id": "Olga"}')
    assert created.status_code == 201
    await elsewhere(olga.call, "GET", "/api/session/Olga/history")
    async with olga.tab("/ws/chat/Olga") as tab:
        await tab.expect("welcome")
    await elsewhere(olga.call, "DELETE", "/api/session/Olga/clear")
    assert await elsewhere(trail) == []


async def test_where_chats_are_shared_staff_are_visitors_like_all(
    elsewhere: Elsewhere, raw: redis.Redis, ann: Browser, olga: Staff, settings: Settings
) -> None:
    settings.NONO_ACCESS = "shared"
    await elsewhere(olga.call, "GET", "/api/session/Ann/history")
    async with olga.tab("/ws/chat/Ann") as tab:
        await tab.expect("welcome")
    assert await elsewhere(trail) == []
    assert not raw.hexists("session:Ann", "observers")


@pytest.mark.parametrize("missing", ALL)
async def test_with_a_permission_less_a_chat_does_not_open(elsewhere: Elsewhere, ann: Browser, missing: str) -> None:
    staff = await elsewhere(Staff, *(name for name in ALL if name != missing))
    tab = staff.tab("/ws/chat/Ann")
    assert await tab.is_accepted()
    assert await tab.closed_with() == 4404
    assert await elsewhere(trail) == []


LOSSES: dict[str, Callable[[Staff], Any]] = {
    "a permission": lambda staff: staff.user.user_permissions.remove(Permission.objects.get(codename=ALL[0])),
    "the account": lambda _: User.objects.update(is_active=False),
    "the sign-in": lambda staff: staff.client.post(reverse("admin:logout")),
}


@pytest.mark.parametrize("loss", LOSSES)
async def test_who_is_staff_no_more_loses_the_chat_and_the_list(
    elsewhere: Elsewhere, ann: Browser, olga: Staff, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    monkeypatch.setattr(observing, "BEAT", 0.05)
    monkeypatch.setattr(live_lists, "BEAT", 0.05)
    # A tab cannot sign in again, so it is told no names that came before either.
    async with olga.tab("/ws/sessions") as names, ann.chat("Ann") as visitor:
        assert (await names.expect("sessions"))["count"] == 1
        async with olga.tab("/ws/chat/Ann") as tab:
            await tab.expect("welcome")
            await elsewhere(LOSSES[loss], olga)
            assert await tab.closed_with() == 4403
        assert (await names.expect("removed"))["user_id"] == "Ann"
        while await presence(visitor):
            pass


async def test_a_later_chat_of_the_name_is_another_reading(
    elsewhere: Elsewhere, raw: redis.Redis, ann: Browser, olga: Staff
) -> None:
    async with olga.tab("/ws/chat/Ann") as tab:
        await tab.expect("welcome")
        await elsewhere(SessionManager().delete_session, "Ann")
        await tab.expect("cleared")
        await elsewhere(Browser().create, "Ann")
        raw.hset("session:Ann", "session_id", "session_Ann_1")
        await elsewhere(notifications.publish, "Ann")
        assert await tab.closed_with() == 4404


async def test_without_the_guard_staff_read_unseen(
    elsewhere: Elsewhere, ann: Browser, olga: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "observes", lambda *_: False)
    async with olga.tab(f"/ws/chat/{quote('Ann')}") as staff:
        assert "quite secret" in str(await staff.expect("welcome"))
    assert await elsewhere(trail) == []
