"""Tells every process that something changed; it carries no content and may be lost.

The channel layer is a doorbell, not a mailbox: what counts is in the store, and whoever hears the bell, or
has not heard it for a while, reads there (chat_app/feed.py, sessions_app/consumers.py).
"""

import hashlib
import logging
import uuid

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PROCESS = uuid.uuid4().hex
"""Names this process, so that it need not listen to its own bell."""

LIST_GROUP = "sessions"


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


async def _send(group: str, event: dict[str, str]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        await layer.group_send(group, event)
    except (RedisError, OSError, ChannelFull) as error:
        logger.warning("doorbell not rung: %s", type(error).__name__)
