"""A real store for every test, clean at its start; programs that may be missing; a chat, and a model for it."""

import importlib
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import hypothesis
import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

from chat_app.live import replies
from nono import private_redis, store
from sessions_app.manager import SessionManager
from tests.support.scripted_endpoint import ModelEndpoint, says

PROGRAMS = {"redis": "redis-server", "browser": "chromium", "nginx": "nginx", "strace": "strace", "gettext": "xgettext"}
"""What a test marked so needs."""

Do = Callable[..., Awaitable[Any]]


def pytest_configure() -> None:
    # Pages are rendered without collecting static files first.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")


def pytest_runtest_setup(item: pytest.Item) -> None:
    required = os.environ.get("NONO_TEST_REQUIRE", "").split(",")
    for mark, program in PROGRAMS.items():
        if item.get_closest_marker(mark) and shutil.which(program) is None:
            if PROGRAMS[mark] in required or mark in required:
                pytest.fail(f"{program} is required here and is not installed")
            pytest.skip(f"needs {program}")


@pytest.fixture(scope="session", autouse=True)
def _application() -> None:
    """Loads the application before any test: that sets up logging, and would take a test's own handlers away."""
    importlib.import_module("nono.asgi")


@pytest.fixture(scope="session")
def store_url() -> Iterator[str]:
    yield private_redis.join(settings.NONO_DATA_DIR)
    private_redis.leave(settings.NONO_DATA_DIR)


@pytest.fixture(scope="session")
def _raw_client(store_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(store_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def raw(_raw_client: redis.Redis) -> redis.Redis:
    """The store as redis-cli sees it, empty."""
    _raw_client.flushdb()
    return _raw_client


@pytest.fixture
def sessions(raw: redis.Redis) -> SessionManager:
    return SessionManager()


@pytest.fixture
def api(raw: redis.Redis, db: None) -> Client:
    """A client like curl: no browser, no cookie of its own at first."""
    return Client(raise_request_exception=False)


@pytest.fixture
def post(api: Client) -> Any:
    def post_json(path: str, body: Any = None, **headers: Any) -> Any:
        return api.post(path, body, content_type="application/json", **headers)

    return post_json


@pytest.fixture
async def do(raw: redis.Redis, sessions: SessionManager) -> AsyncIterator[Do]:
    """Runs what another process or a REST call does, beside a chat of Ann; the test's loop ends clean."""

    async def elsewhere(what: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        return await sync_to_async(what, thread_sensitive=False)(*arguments, **keywords)

    await elsewhere(sessions.create_session, "Ann")
    yield elsewhere
    await replies.drain(10)
    await store.aclose()


@pytest.fixture
async def elsewhere(raw: redis.Redis) -> AsyncIterator[Do]:
    """Runs what a browser does, and what asks the database, in the test's own thread; its loop ends clean."""

    async def run(what: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        return await sync_to_async(what, thread_sensitive=True)(*arguments, **keywords)

    yield run
    await replies.drain(10)
    await store.aclose()


@pytest.fixture
async def model(do: Do, settings: Settings) -> AsyncIterator[ModelEndpoint]:
    """An endpoint that this installation is configured for, which answers Ann."""
    async with ModelEndpoint(says("Fine.")) as model:
        settings.LLM_BASE_URL, settings.LLM_MODEL = model.base_url, "tiny"
        yield model
