"""A socket through which an operator may read somebody's chat: its visitor is told for as long as it is open."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import ClassVar

from chat_app.observation import BEAT, Reading
from nono.errors import NotAllowed, SessionNotFound, StoreUnavailable
from nono.socket import NOT_ALLOWED, Socket
from sessions_app.session import Session
from sessions_app.visitors import operator_of_socket


class Observing(Socket):
    """Says every few seconds that its reading goes on, and closes when the operator may not read any more."""

    permissions: ClassVar[Sequence[str]]
    """What an operator needs to read here."""
    reading: Reading | None = None
    _attending: asyncio.Task[None] | None = None

    async def observe(self, reading: Reading) -> None:
        """Tells the visitor that the reading begins; raises ``NotAllowed``, and ``SessionNotFound`` where it ended."""
        await self._check(reading)
        self.reading = reading
        await reading.go_on()
        self._attending = asyncio.create_task(self._attend(reading))
        self._attending.add_done_callback(self._attended)

    async def stop_observing(self) -> None:
        """Tells the visitor that the reading is over; while the store is away the clock does it."""
        if self._attending is not None:
            self._attending.cancel()
        if self.reading is not None:
            with contextlib.suppress(StoreUnavailable):
                await self.reading.end()

    def is_read(self, session: Session) -> bool:
        """Tells whether this is the session that the reading is of, and not a later one of its name."""
        return self.reading is not None and session.session_id == self.reading.session_id

    async def _attend(self, reading: Reading) -> None:
        while True:
            await asyncio.sleep(BEAT)
            with contextlib.suppress(StoreUnavailable, SessionNotFound):  # a clear may be undone
                await reading.go_on()
            try:
                await self._check(reading)
            except NotAllowed as refusal:
                await self.refuse(refusal)
                return

    async def _check(self, reading: Reading) -> None:
        if await operator_of_socket(self.scope, self.permissions) != reading.operator:
            raise NotAllowed("You may not read this chat, or not any more.")

    def _attended(self, task: asyncio.Task[None]) -> None:
        """Closes the socket where nobody tells the visitor any more that the chat is open."""
        if not task.cancelled():
            self.shut_door(NOT_ALLOWED)
