"""Channel layer for notifications: Redis pub/sub, used for groups only."""

import asyncio
import uuid

from channels_redis.pubsub import RedisPubSubChannelLayer


class NotificationLayer(RedisPubSubChannelLayer):  # type: ignore[misc]  # Channels carries no types
    """Creates each consumer's own channel in this process only, because nothing is ever sent to a single channel.

    Channels creates the channel before the consumer runs. If that needed Redis and Redis were unreachable, the client
    would get a failed handshake instead of an ``error`` frame.
    """

    async def new_channel(self, prefix: str = "specific.") -> str:
        """Creates and returns a channel name; sends nothing to Redis."""
        name = f"{self.prefix}{prefix}{uuid.uuid4().hex}"
        self.channels[name] = asyncio.Queue()
        return name
