"""The asynchronous client of the store: one per event loop, made from django-redis' settings."""

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = WeakKeyDictionary()


def client() -> Any:  # redis-py has no type for execute_command
    """Returns this event loop's client."""
    loop = asyncio.get_running_loop()
    known = _clients.get(loop)
    if known is None:
        known = _clients[loop] = _make_client()
    return known


async def aclose() -> None:
    """Closes this event loop's client."""
    known = _clients.pop(asyncio.get_running_loop(), None)
    if known is not None:
        await known.aclose()
        await known.connection_pool.disconnect()


def _make_client() -> redis.asyncio.Redis:
    """Makes the asynchronous client from django-redis' settings, so that both clients have one configuration."""
    configured = settings.CACHES["chat"]
    options = configured["OPTIONS"]
    keywords = {**options["CONNECTION_POOL_KWARGS"], "retry": AsyncRetry(**settings.STORE_RETRY)}
    if "connection_class" in keywords:  # without a server both drivers share one store in this process's memory
        from fakeredis import FakeAsyncRedisConnection

        keywords["connection_class"] = FakeAsyncRedisConnection
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        configured["LOCATION"],
        socket_connect_timeout=options["SOCKET_CONNECT_TIMEOUT"],
        socket_timeout=options["SOCKET_TIMEOUT"],
        **keywords,
    )
    return redis.asyncio.Redis(connection_pool=pool)
