"""Many tabs that talk at once and never stop, and a look at what the store made of it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

from tests.faults.chat_client import PATIENCE, ChatClient
from tests.faults.redis_server import OwnRedis
from tests.faults.rest import create

TABS = 3
"""Tabs in each chat."""


class Crowd:
    """Some chats with three tabs each; every tab says one thing after the other while the crowd talks."""

    def __init__(self, address: str, chats: int, *, naive: bool = False) -> None:
        self.names = [f"Chat {number}" for number in range(chats)]
        self.address = address
        self.tabs = [ChatClient(address, name, naive=naive) for name in self.names for _ in range(TABS)]
        self._talking: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def acknowledged(self) -> int:
        """Returns how many messages were acknowledged so far."""
        return sum(len(tab.acknowledged) for tab in self.tabs)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._create_chats)
        for tab in self.tabs:
            await tab.__aenter__()
        self._talking = [asyncio.create_task(self._talk(tab, f"tab {n}")) for n, tab in enumerate(self.tabs)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for talking in self._talking:
            talking.cancel()
        await asyncio.wait(self._talking)
        for tab in self.tabs:
            await tab.__aexit__(kind, value, trace)

    async def more(self, messages: int) -> None:
        """Waits until so many more messages are acknowledged."""
        goal = self.acknowledged + messages
        await self.talk_until(lambda: self.acknowledged >= goal)

    async def talk_until(self, holds: Callable[[], bool]) -> None:
        """Talks on until something holds; what goes wrong in a tab is raised here."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                done, _ = await asyncio.wait(self._talking, timeout=0.002)
                for talking in done:
                    talking.result()

    async def fall_silent(self) -> None:
        """Lets everybody finish the message that they are at, and waits until all of a chat have the last reply."""
        self._stopping = True
        await asyncio.gather(*self._talking)
        for tab in self.tabs:
            await tab.until(partial(self._is_answered, tab))

    def losses(self, store: OwnRedis) -> "Losses":
        """Compares what was acknowledged with what is stored."""
        return Losses.of(self, store)

    async def _talk(self, tab: ChatClient, who: str) -> None:
        number = 0
        while not self._stopping:
            number += 1
            await tab.say(f"{who}, message {number}")

    def _is_answered(self, tab: ChatClient) -> bool:
        newest = max(other.seq for other in self.tabs if other.user_id == tab.user_id)
        return tab.seq == newest and tab.is_answered

    def _create_chats(self) -> None:
        for name in self.names:
            create(self.address, name)


@dataclass(frozen=True, slots=True)
class Losses:
    """What is wrong with what is stored; everything 0 is what is promised."""

    lost: int
    doubled: int
    gaps: int
    miscounted: int
    differing: int

    @property
    def total(self) -> int:
        """Returns how much is wrong."""
        return self.lost + self.doubled + self.gaps + self.miscounted + self.differing

    @classmethod
    def of(cls, crowd: Crowd, store: OwnRedis) -> "Losses":
        """Reads every chat as it lies in Redis."""
        found = [cls._of_chat(crowd, name, *_stored(store, name)) for name in crowd.names]
        return cls(*(sum(column) for column in zip(*found, strict=True)))

    @staticmethod
    def _of_chat(crowd: Crowd, name: str, messages: list[dict[str, Any]], count: int) -> tuple[int, int, int, int, int]:
        tabs = [tab for tab in crowd.tabs if tab.user_id == name]
        said = [message["content"] for message in messages if message["role"] == "user"]
        answered = [message["metadata"]["in_reply_to"] for message in messages if message["role"] == "assistant"]
        acknowledged = {text for tab in tabs for text in tab.acknowledged}
        return (
            len(acknowledged - set(said)),
            len(said) - len(set(said)) + len(answered) - len(set(answered)),
            sum(message["seq"] != place for place, message in enumerate(messages, 1)),
            int(count != len(messages)),
            sum(tab.transcript != messages for tab in tabs if not tab.naive),
        )


def _stored(store: OwnRedis, name: str) -> tuple[list[dict[str, Any]], int]:
    with store.client() as client:
        messages = [json.loads(raw) for raw in client.lrange(f"chat_history:{name}", 0, -1)]
        return messages, int(client.hget(f"session:{name}", "message_count") or 0)
