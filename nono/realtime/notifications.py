"""Tells every process that something changed; it carries no content and may be lost.

The channel layer is a doorbell, not a mailbox: what counts is in the store, and whoever hears the bell, or
has not heard it for a while, reads there (chat_app/live/room.py, sessions_app/live_lists.py).
"""

import asyncio
import contextlib
import contextvars
import logging
import uuid
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from nono.errors import StoreUnavailable
from nono.hashing import short_hash

logger = logging.getLogger(__name__)

PROCESS = uuid.uuid4().hex
"""Names this process, so that it need not listen to its own bell."""

LIST_GROUP = "sessions"

PATIENCE = 1.5
"""Seconds after which a bell that cannot be rung is given up: who waits behind it is owed an answer within 3."""

# redis-py takes a subscriber's connection down under whoever is sending on it: then there is no attribute to send with.
_AWAY = (RedisError, OSError, TimeoutError, ChannelFull, AttributeError)


def chat_group(user_id: str) -> str:
    """Returns the group of one chat: a hash, because group names are ASCII and short."""
    return f"chat.{short_hash(user_id)}"


async def apublish(user_id: str) -> None:
    """Tells all tabs of a chat, and all open lists, that it changed, soon: nobody waits for the bell.

    One bell is rung at a time, so hundreds of messages at once would wait for each other; the bell of the list
    rings once for all that happened before it.
    """
    loop = asyncio.get_running_loop()
    due = _due.setdefault(loop, {})
    due[chat_group(user_id)] = {"type": "chat.changed", "user_id": user_id, "process": PROCESS}
    due[LIST_GROUP] = {"type": "list.changed"}
    if loop not in _ringing or _ringing[loop].done():
        _ringing[loop] = loop.create_task(_ring_all(due))


def publish(user_id: str) -> None:
    """Is the synchronous twin of ``aring``, for REST, admin and commands."""
    async_to_sync(_ring_as_another)(user_id)


def publish_list() -> None:
    """Tells all open lists that some session changed."""
    async_to_sync(_send)(LIST_GROUP, {"type": "list.changed"})


_due: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, dict[str, str]]] = WeakKeyDictionary()
_ringing: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()


async def _ring_all(due: dict[str, dict[str, str]]) -> None:
    while due:
        group = next(iter(due))
        await _send(group, due.pop(group))


async def _ring_as_another(user_id: str) -> None:
    """Rings for this process too: what is done in a thread has not told this process's open chats."""
    await _send(chat_group(user_id), {"type": "chat.changed", "user_id": user_id, "process": ""})
    await _send(LIST_GROUP, {"type": "list.changed"})


async def subscribe(group: str, channel: str) -> None:
    """Adds a consumer's channel to a group; raises ``StoreUnavailable`` where the bell is out of reach."""
    try:
        async with asyncio.timeout(PATIENCE):
            await _layer().group_add(group, channel)
    except _AWAY as error:
        raise StoreUnavailable("The store cannot be reached. Please try again in a moment.") from error


async def subscribe_process(group: str, rung: asyncio.Event) -> "asyncio.Task[None]":
    """Listens to a group on behalf of the whole process, until the task is cancelled: each bell sets ``rung``.

    A bell that every open socket heard for itself would wake thousands. Raises ``StoreUnavailable`` as ``listen``.
    """
    channel = await _layer().new_channel()
    try:
        await subscribe(group, channel)
    except StoreUnavailable:
        _layer().channels.pop(channel, None)
        raise
    return asyncio.get_running_loop().create_task(_hear(group, channel, rung), context=contextvars.Context())


async def unsubscribe(group: str, channel: str) -> None:
    """Takes a consumer's channel out of a group."""
    with contextlib.suppress(*_AWAY):
        async with asyncio.timeout(PATIENCE):
            await _layer().group_discard(group, channel)


async def _hear(group: str, channel: str, rung: asyncio.Event) -> None:
    try:
        while True:
            await _layer().receive(channel)
            rung.set()
    finally:
        await unsubscribe(group, channel)


async def _send(group: str, event: dict[str, str]) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await _layer().group_send(group, event)
    except _AWAY as error:
        logger.warning("doorbell not rung: %s", type(error).__name__)


def _layer() -> Any:  # Channels carries no types
    return get_channel_layer()
