"""The channel layer that the doorbell rings through: Redis pub/sub, of groups alone."""

import asyncio
import uuid

from channels_redis.pubsub import RedisPubSubChannelLayer


class DoorbellLayer(RedisPubSubChannelLayer):  # type: ignore[misc]  # Channels carries no types
    """Keeps each consumer's own channel inside the process, since nobody sends to one.

    Channels makes it before the consumer runs, so a store that is away could not be told of there: the visitor
    would get a broken handshake instead of a sentence.
    """

    async def new_channel(self, prefix: str = "specific.") -> str:
        """Makes a channel without a word to Redis."""
        name = f"{self.prefix}{prefix}{uuid.uuid4().hex}"
        self.channels[name] = asyncio.Queue()
        return name
