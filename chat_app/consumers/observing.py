"""Common base of a chat's consumers: follows the chat, and notifies its visitor while an operator reads."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import ClassVar

from chat_app import conversation
from chat_app.live.events import Frame
from chat_app.live.presence import BEAT, TranscriptView
from chat_app.live.room import ChatRoom
from nono.errors import NotAllowed, SessionNotFound, StoreUnavailable
from nono.realtime import notifications
from nono.realtime.consumer import NO_SUCH_SESSION, NOT_ALLOWED, JsonConsumer
from sessions_app.session import Session
from sessions_app.visitors import operator_of_socket


class ChatRoomConsumer(JsonConsumer):
    """Follows one chat; for an operator it renews the presence and closes when the permission is gone."""

    permissions: ClassVar[Sequence[str]]
    """Permissions that an operator needs to read the chat."""
    room: ChatRoom | None = None
    reading: TranscriptView | None = None
    _group = ""
    _attending: asyncio.Task[None] | None = None

    async def follow(self, user_id: str, epoch: str, after: int | None) -> tuple[ChatRoom, Frame]:
        """Joins the chat where an earlier socket left it, queues the ``welcome``, and returns the room and it."""
        # Subscribe first, then read: what happens between the two is read again, not missed.
        self._group = notifications.chat_group(user_id)
        await notifications.subscribe(self._group, self.channel_name)
        self.room, welcome = await conversation.join(user_id, self, epoch=epoch, after=after)
        self.send_frame(welcome)
        return self.room, welcome

    async def on_disconnect(self) -> None:
        """Leaves the chat; a running reply continues."""
        if self.room is not None:
            conversation.leave(self.room, self)
        if self._group:
            await notifications.unsubscribe(self._group, self.channel_name)
        await self._stop_observing()

    async def chat_changed(self, event: dict[str, str]) -> None:
        """Handles a notification; those of this process are ignored, because its rooms are up to date."""
        if event["process"] != notifications.PROCESS:
            await self.catch_up()

    async def catch_up(self) -> None:
        """Updates the room from the store; if the store is unavailable, the reconciler retries."""
        if self.room is not None:
            with contextlib.suppress(StoreUnavailable):
                await self.room.catch_up()

    def can_see(self, session: Session) -> bool:
        """Returns whether the messages of ``session`` may be sent on this socket."""
        raise NotImplementedError

    def send_frame(self, frame: Frame) -> None:
        """Queues a frame for the browser."""
        self.enqueue(frame.text)

    def evict(self) -> None:
        """Closes the socket with ``NO_SUCH_SESSION``: the name belongs to another visitor now."""
        self.close_soon(NO_SUCH_SESSION)

    async def observe(self, reading: TranscriptView) -> None:
        """Notifies the visitor that the view begins and keeps renewing it.

        Raises ``NotAllowed`` without the permission and ``SessionNotFound`` if the chat ended.
        """
        await self._check(reading)
        self.reading = reading
        await reading.go_on()
        self._attending = asyncio.create_task(self._attend(reading))
        self._attending.add_done_callback(self._attended)

    def is_read(self, session: Session) -> bool:
        """Returns whether ``session`` is the one that the operator views."""
        return self.reading is not None and self.reading.is_of(session)

    async def _stop_observing(self) -> None:
        """Notifies the visitor that the view ended; if the store is unavailable, the TTL ends it."""
        if self._attending is not None:
            self._attending.cancel()
        if self.reading is not None:
            with contextlib.suppress(StoreUnavailable):
                await self.reading.end()

    async def _attend(self, reading: TranscriptView) -> None:
        while True:
            await asyncio.sleep(BEAT)
            with contextlib.suppress(StoreUnavailable, SessionNotFound):  # a clear may be undone
                await reading.go_on()
            try:
                await self._check(reading)
            except NotAllowed as refusal:
                await self.refuse(refusal)
                return

    async def _check(self, reading: TranscriptView) -> None:
        if await operator_of_socket(self.scope, self.permissions) != reading.operator:
            raise NotAllowed("You may not read this chat, or not any more.")

    def _attended(self, task: asyncio.Task[None]) -> None:
        """Closes the socket when the renewal task ended on its own, because the presence would expire."""
        if not task.cancelled():
            self.close_soon(NOT_ALLOWED)
