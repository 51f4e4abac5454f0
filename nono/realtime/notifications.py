"""Notifications to all processes that something changed; they carry no content and may be lost.

The store holds the state. A process reads it when it receives a notification, and also at intervals without one
(chat_app/live/room.py, sessions_app/live_lists.py).
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
"""Id of this process, so that it can ignore its own notifications."""

LIST_GROUP = "sessions"

PATIENCE = 1.5
"""Timeout of one notification in seconds; a caller that waits for it has to respond within 3."""

# redis-py may close a pub/sub connection while another task sends on it; that send raises AttributeError.
_AWAY = (RedisError, OSError, TimeoutError, ChannelFull, AttributeError)


def chat_group(user_id: str) -> str:
    """Returns the group of one chat: a hash, because group names are ASCII and short."""
    return f"chat.{short_hash(user_id)}"


async def apublish(user_id: str) -> None:
    """Schedules a notification to all subscribers of a chat and to all open lists; does not wait for it.

    One notification is sent at a time, so callers that awaited it would wait for each other. Notifications of the
    same group that are not sent yet are merged into one.
    """
    loop = asyncio.get_running_loop()
    due = _due.setdefault(loop, {})
    due[chat_group(user_id)] = {"type": "chat.changed", "user_id": user_id, "process": PROCESS}
    due[LIST_GROUP] = {"type": "list.changed"}
    if loop not in _ringing or _ringing[loop].done():
        _ringing[loop] = loop.create_task(_ring_all(due))


def publish(user_id: str) -> None:
    """Synchronous version of ``apublish``, for REST, admin and commands."""
    async_to_sync(_ring_as_another)(user_id)


def publish_list() -> None:
    """Notifies all open lists that some session changed."""
    async_to_sync(_send)(LIST_GROUP, {"type": "list.changed"})


_due: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, dict[str, str]]] = WeakKeyDictionary()
_ringing: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()


async def _ring_all(due: dict[str, dict[str, str]]) -> None:
    while due:
        group = next(iter(due))
        await _send(group, due.pop(group))


async def _ring_as_another(user_id: str) -> None:
    """Publishes without a process id, so that this process handles it too: its rooms do not see changes by threads."""
    await _send(chat_group(user_id), {"type": "chat.changed", "user_id": user_id, "process": ""})
    await _send(LIST_GROUP, {"type": "list.changed"})


async def subscribe(group: str, channel: str) -> None:
    """Adds a consumer's channel to a group; raises ``StoreUnavailable`` if Redis cannot be reached."""
    try:
        async with asyncio.timeout(PATIENCE):
            await _layer().group_add(group, channel)
    except _AWAY as error:
        raise StoreUnavailable("The store cannot be reached. Please try again in a moment.") from error


async def subscribe_process(group: str, rung: asyncio.Event) -> "asyncio.Task[None]":
    """Subscribes the whole process to a group until the task is cancelled; each notification sets ``rung``.

    A subscription per socket would wake thousands of tasks. Raises ``StoreUnavailable`` like ``subscribe``.
    """
    channel = await _layer().new_channel()
    try:
        await subscribe(group, channel)
    except StoreUnavailable:
        _layer().channels.pop(channel, None)
        raise
    return asyncio.get_running_loop().create_task(_hear(group, channel, rung), context=contextvars.Context())


async def unsubscribe(group: str, channel: str) -> None:
    """Removes a consumer's channel from a group."""
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
        logger.warning("a notification was not sent: %s", type(error).__name__)


def _layer() -> Any:  # Channels carries no types
    return get_channel_layer()
