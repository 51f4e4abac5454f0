"""The private store: a real Valkey or Redis server that the processes of one data folder share."""

from nono.private_redis.manager import IN_MEMORY_URL, join, leave, url

__all__ = ["IN_MEMORY_URL", "join", "leave", "url"]
