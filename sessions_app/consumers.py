"""The live list of sessions."""

import asyncio
from typing import Any

from nono import doorbell
from nono.errors import InvalidRequest, StoreUnavailable
from nono.socket import Socket
from nono.strict_json import text_of
from sessions_app.access import Visitor, sees_everything
from sessions_app.listing import ListQuery
from sessions_app.manager import SessionManager
from sessions_app.visitors import visitor_of_socket

BEAT = 2.5
"""Seconds after which the list is read again though no bell was heard."""

GATHER = 0.3
"""Seconds of bells that share one reading."""

sessions = SessionManager()


class SessionsConsumer(Socket):
    """Sends the whole list once, then what was created, updated and removed."""

    kind = "list"
    visitor: Visitor
    _reader: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listens first, then reads the list and sends it."""
        self.visitor = await visitor_of_socket(self.scope)
        self._changed = asyncio.Event()
        await doorbell.listen(doorbell.LIST_GROUP, self.channel_name)
        self._known, count = await self._read()
        self.put(text_of({"type": "sessions", "sessions": list(self._known.values()), "count": count}))
        self._reader = asyncio.create_task(self._follow())

    async def shut(self) -> None:
        """Ends the following."""
        if self._reader is not None:
            self._reader.cancel()
        await doorbell.stop_listening(doorbell.LIST_GROUP, self.channel_name)

    async def hear(self, content: Any) -> None:
        """Answers a ping; a list listens to nothing else."""
        if content != {"type": "ping"}:
            raise InvalidRequest("The list of sessions understands one frame: ping.")
        self.put(text_of({"type": "pong"}))

    async def list_changed(self, _event: dict[str, str]) -> None:
        """Hears the doorbell."""
        self._changed.set()

    async def _follow(self) -> None:
        while True:
            try:
                async with asyncio.timeout(BEAT):
                    await self._changed.wait()
                    await asyncio.sleep(GATHER)
            except TimeoutError:
                pass
            self._changed.clear()
            if self.visitor.operator:  # who is staff no more sees their own from now on
                self.visitor = await visitor_of_socket(self.scope)
            try:
                current, _ = await self._read()
            except StoreUnavailable:
                continue
            self._tell_differences(current)
            self._known = current

    def _tell_differences(self, current: dict[str, dict[str, Any]]) -> None:
        for user_id in self._known.keys() - current.keys():
            self.put(text_of({"type": "removed", "user_id": user_id}))
        for user_id, session in reversed(current.items()):
            if user_id not in self._known:
                self.put(text_of({"type": "created", "session": session}))
            elif session != self._known[user_id]:
                self.put(text_of({"type": "updated", "session": session}))

    async def _read(self) -> tuple[dict[str, dict[str, Any]], int]:
        query = ListQuery(owner=None if sees_everything(self.visitor) else self.visitor.owner)
        page = await sessions.alist_sessions_detailed(query)
        return {one.user_id: one.to_dict() for one in page.sessions}, page.count
