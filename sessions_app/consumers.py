"""Websocket consumer of the live list of sessions."""

from typing import Any

from nono.errors import InvalidRequest, StoreUnavailable
from nono.realtime.consumer import STORE_UNAVAILABLE, JsonConsumer
from nono.web.strict_json import text_of
from sessions_app.access import Visitor, sees_everything
from sessions_app.live_lists import differences, open_lists
from sessions_app.times import now
from sessions_app.visitors import visitor_of_socket


class SessionsConsumer(JsonConsumer):
    """Sends the whole list once, then created, updated and removed sessions (sessions_app/live_lists.py)."""

    kind = "list"
    visitor: Visitor
    _owner: str | None = None

    async def on_connect(self) -> None:
        """Joins the visitor's list and sends it."""
        self.visitor = await visitor_of_socket(self.scope)
        self._owner = _whose(self.visitor)
        shown, count = await open_lists().join(self._owner, self)
        self.enqueue(text_of({"type": "sessions", "sessions": list(shown.values()), "count": count}))

    async def on_disconnect(self) -> None:
        """Leaves the list."""
        open_lists().leave(self._owner, self)

    async def on_frame(self, content: Any) -> None:
        """Handles ``ping``, the only frame that a list accepts."""
        if content != {"type": "ping"}:
            raise InvalidRequest("The list of sessions understands one frame: ping.")
        self.enqueue(text_of({"type": "pong", "server_time": now()}))

    async def look_again(self) -> None:
        """Switches to the visitor's own list if they are no longer staff; other visitors need no check."""
        if not self.visitor.operator:
            return
        self.visitor = await visitor_of_socket(self.scope)
        before, owner = self._owner, _whose(self.visitor)
        if owner == before:
            return
        lists = open_lists()
        shown = lists.shown(before)
        lists.leave(before, self)
        self._owner = owner
        try:
            now, _ = await lists.join(owner, self)
        except StoreUnavailable:
            self.close_soon(STORE_UNAVAILABLE)
            return
        for frame in differences(shown, now):
            self.enqueue(frame)


def _whose(visitor: Visitor) -> str | None:
    return None if sees_everything(visitor) else visitor.owner
