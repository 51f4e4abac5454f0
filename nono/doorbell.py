"""Tells every process that something changed; it carries no content and may be lost.

The channel layer is a doorbell, not a mailbox: what counts is in the store, and whoever hears the bell, or
has not heard it for a while, reads there (chat_app/feed.py, sessions_app/consumers.py).
"""

import asyncio
import contextlib
import hashlib
import logging
import uuid
from typing import Any

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from nono.errors import StoreUnavailable

logger = logging.getLogger(__name__)

PROCESS = uuid.uuid4().hex
"""Names this process, so that it need not listen to its own bell."""

LIST_GROUP = "sessions"

PATIENCE = 1.5
"""Seconds after which a bell that cannot be rung is given up: who waits behind it is owed an answer within 3."""

_AWAY = (RedisError, OSError, TimeoutError, ChannelFull)


def chat_group(user_id: str) -> str:
    """Returns the group of one chat: a hash, because group names are ASCII and short."""
    return "chat." + hashlib.sha256(user_id.encode()).hexdigest()[:32]


async def aring(user_id: str) -> None:
    """Tells all tabs of a chat, and all open lists, that it changed."""
    await _send(chat_group(user_id), {"type": "chat.changed", "user_id": user_id, "process": PROCESS})
    await aring_list()


async def aring_list() -> None:
    """Tells all open lists that some session changed."""
    await _send(LIST_GROUP, {"type": "list.changed"})


def ring(user_id: str) -> None:
    """Is the synchronous twin of ``aring``, for REST, admin and commands."""
    async_to_sync(_ring_as_another)(user_id)


def ring_list() -> None:
    """Is the synchronous twin of ``aring_list``."""
    async_to_sync(aring_list)()


async def _ring_as_another(user_id: str) -> None:
    """Rings for this process too: what is done in a thread has not told this process's open chats."""
    await _send(chat_group(user_id), {"type": "chat.changed", "user_id": user_id, "process": ""})
    await aring_list()


async def listen(group: str, channel: str) -> None:
    """Adds a consumer's channel to a group; raises ``StoreUnavailable`` where the bell is out of reach."""
    try:
        async with asyncio.timeout(PATIENCE):
            await _layer().group_add(group, channel)
    except _AWAY as error:
        raise StoreUnavailable("The store cannot be reached. Please try again in a moment.") from error


async def stop_listening(group: str, channel: str) -> None:
    """Takes a consumer's channel out of a group."""
    with contextlib.suppress(*_AWAY):
        async with asyncio.timeout(PATIENCE):
            await _layer().group_discard(group, channel)


async def _send(group: str, event: dict[str, str]) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await _layer().group_send(group, event)
    except _AWAY as error:
        logger.warning("doorbell not rung: %s", type(error).__name__)


def _layer() -> Any:  # Channels carries no types
    return get_channel_layer()
