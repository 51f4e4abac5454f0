"""A private installation with one victim, Ann, whose words nobody else may read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django.fixtures import Settings

from chat_app import responders
from chat_app.live import replies
from chat_app.memory import ChatMemoryManager
from nono import store
from sessions_app.manager import SessionManager
from sessions_app.session import Session
from tests.security.visitors import Browser

SECRET = "the-words-that-only-Ann-may-read"

PASSING = (b"limit:", b"chat_tabs:", b"socket_places:")
"""What begins so counts attempts and open sockets: an attempt may show there."""

Stored = Callable[[], dict[bytes, tuple[Any, bool]]]
Cost = Callable[[], dict[str, int]]
Elsewhere = Callable[..., Any]
Operator = Callable[..., Client]


@pytest.fixture(autouse=True)
def private(settings: Settings) -> None:
    """Every visitor sees what is their own."""
    settings.NONO_ACCESS = "private"


class Brief:
    """A voice that says one word at once."""

    async def stream(self, _window: Any) -> AsyncIterator[str]:
        """Yields it."""
        yield "Yes."


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies are not what is attacked here, so they are short."""
    monkeypatch.setattr(responders, "responder", lambda _persona: Brief())


@pytest.fixture
def ann(raw: redis.Redis, db: None) -> Browser:
    """The victim's browser, with a chat in which something was said."""
    browser = Browser()
    browser.create("Ann", metadata={"note": SECRET})
    ChatMemoryManager().add_message("Ann", "user", SECRET)
    ChatMemoryManager().add_message("Ann", "assistant", SECRET)
    return browser


@pytest.fixture
def anns_session(ann: Browser, sessions: SessionManager) -> Session:
    """Her session as it stands."""
    return sessions.get_session("Ann")


@pytest.fixture
def operator(db: None) -> Operator:
    """Signs a staff user in who has the named permissions; a password, which takes long to hash, is not needed."""

    def sign_in(*permissions: str, **attributes: Any) -> Client:
        user = User.objects.create(username=f"operator {User.objects.count()}", **{"is_staff": True, **attributes})
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client(raise_request_exception=False)
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def superuser(operator: Operator) -> Client:
    """An operator who may do everything."""
    return operator(is_superuser=True)


@pytest.fixture(scope="session")
def _bytes_client(store_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(store_url) as client:
        yield client


@pytest.fixture
def stored(_bytes_client: redis.Redis) -> Stored:
    """Returns all that chats have in the store, and whether it has a clock, so that any change shows."""

    def contents() -> dict[bytes, tuple[Any, bool]]:
        keys = [key for key in _bytes_client.scan_iter(count=1000) if not key.startswith(PASSING)]
        return {key: (_value(_bytes_client, key), _bytes_client.pttl(key) > 0) for key in keys}

    return contents


def _value(client: redis.Redis, key: bytes) -> Any:
    match client.type(key):
        case b"hash":
            return client.hgetall(key)
        case b"list":
            return client.lrange(key, 0, -1)
        case b"zset":
            return client.zrange(key, 0, -1, withscores=True)
        case b"stream":
            return client.xrange(key)
        case _:
            return client.get(key)


@pytest.fixture
def cost(raw: redis.Redis) -> Cost:
    """Returns which commands the store ran since it was last asked, and how often."""
    raw.config_resetstat()

    def commands() -> dict[str, int]:
        stats = raw.info("commandstats")
        raw.config_resetstat()
        own = {"info", "config|resetstat", "flushdb", "hello", "client|setinfo"}
        ran = {name.removeprefix("cmdstat_"): int(stat["calls"]) for name, stat in stats.items()}
        return {name: calls for name, calls in ran.items() if name not in own}

    return commands


@pytest.fixture
async def elsewhere(raw: redis.Redis) -> AsyncIterator[Elsewhere]:
    """Runs what another process or a REST call does; the test's loop ends clean."""

    async def run(what: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        return await sync_to_async(what, thread_sensitive=False)(*arguments, **keywords)

    yield run
    async with asyncio.timeout(10):
        await replies.drain(5)
    await store.aclose()
