"""What the sockets of a chat have in common: they follow it, and if an operator reads, its visitor is told so."""

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
    """Follows one chat; where an operator reads in it, says so every few seconds, and closes when they may no more."""

    permissions: ClassVar[Sequence[str]]
    """What an operator needs to read here."""
    room: ChatRoom | None = None
    reading: TranscriptView | None = None
    _group = ""
    _attending: asyncio.Task[None] | None = None

    async def follow(self, user_id: str, epoch: str, after: int | None) -> tuple[ChatRoom, Frame]:
        """Joins the chat from where an earlier socket left it, queues the ``welcome``, and returns it with the room."""
        # The bell first, then the reading: what happens between the two is read again, not missed.
        self._group = notifications.chat_group(user_id)
        await notifications.subscribe(self._group, self.channel_name)
        self.room, welcome = await conversation.join(user_id, self, epoch=epoch, after=after)
        self.send_frame(welcome)
        return self.room, welcome

    async def on_disconnect(self) -> None:
        """Leaves the chat; its reply goes on."""
        if self.room is not None:
            conversation.leave(self.room, self)
        if self._group:
            await notifications.unsubscribe(self._group, self.channel_name)
        await self._stop_observing()

    async def chat_changed(self, event: dict[str, str]) -> None:
        """Hears the doorbell; what this process rang itself its rooms know already."""
        if event["process"] != notifications.PROCESS:
            await self.catch_up()

    async def catch_up(self) -> None:
        """Reads on; while the store is away the watch tries again."""
        if self.room is not None:
            with contextlib.suppress(StoreUnavailable):
                await self.room.catch_up()

    def can_see(self, session: Session) -> bool:
        """Tells whether what is said in the session may be shown here."""
        raise NotImplementedError

    def send_frame(self, frame: Frame) -> None:
        """Queues a frame for the browser."""
        self.enqueue(frame.text)

    def evict(self) -> None:
        """Closes the socket: somebody else has the name now."""
        self.close_soon(NO_SUCH_SESSION)

    async def observe(self, reading: TranscriptView) -> None:
        """Tells the visitor that the reading begins; raises ``NotAllowed``, and ``SessionNotFound`` where it ended."""
        await self._check(reading)
        self.reading = reading
        await reading.go_on()
        self._attending = asyncio.create_task(self._attend(reading))
        self._attending.add_done_callback(self._attended)

    def is_read(self, session: Session) -> bool:
        """Tells whether this is the session that the reading is of."""
        return self.reading is not None and self.reading.is_of(session)

    async def _stop_observing(self) -> None:
        """Tells the visitor that the reading is over; while the store is away the clock does it."""
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
        """Closes the socket where nobody tells the visitor any more that the chat is open."""
        if not task.cancelled():
            self.close_soon(NOT_ALLOWED)
