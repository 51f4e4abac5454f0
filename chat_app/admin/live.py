"""The socket of one open transcript: an operator follows a chat, and says nothing in it."""

import asyncio
import contextlib
from importlib import import_module
from typing import Any, Final
from urllib.parse import parse_qs

from channels.auth import get_user
from channels.db import database_sync_to_async
from django.conf import settings

from chat_app import conversation, frames
from chat_app.consumers import resume_point
from chat_app.feed import Feed
from chat_app.frames import Frame
from chat_app.observation import BEAT, Reading
from nono import doorbell
from nono.errors import InvalidRequest, NotAllowed, SessionNotFound, StoreUnavailable
from nono.socket import NO_SUCH_SESSION, NOT_ALLOWED, Socket
from nono.strict_json import text_of
from sessions_app.access import Visitor, may_see
from sessions_app.session import Session

PERMISSIONS: Final = ("sessions_app.view_chatsession", "sessions_app.read_transcript")
OPERATOR: Final = Visitor(owner="", staff=True)
"""Whoever has the permissions and gave a reason may see every chat."""


class TranscriptConsumer(Socket):
    """Passes one chat on to the operator whose reading the pass in the address names."""

    kind = "transcript"
    reading: Reading | None = None
    feed: Feed | None = None
    _group = ""
    _attending: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Tells the visitor first, then joins the chat, from where the page left it."""
        reading = Reading.from_pass(pass_in(self.scope["query_string"]))
        epoch, after = resume_point(self.scope["query_string"])
        await check(reading, self.scope)
        self.reading = reading
        await reading.go_on()
        self._group = doorbell.chat_group(reading.user_id)
        await doorbell.listen(self._group, self.channel_name)
        self.feed, welcome = await conversation.join(reading.user_id, self, epoch=epoch, after=after)
        self.deliver(welcome)
        self._attending = asyncio.create_task(self._attend(reading))
        self._attending.add_done_callback(self._attended)

    async def shut(self) -> None:
        """Leaves the chat and tells the visitor so; while the store is away the clock does it."""
        if self._attending is not None:
            self._attending.cancel()
        if self.feed is not None:
            conversation.leave(self.feed, self)
        if self._group:
            await doorbell.stop_listening(self._group, self.channel_name)
        if self.reading is not None:
            with contextlib.suppress(StoreUnavailable):
                await self.reading.end()

    async def hear(self, content: Any) -> None:
        """Answers a ping, with a new pass for the next connection; an operator says nothing else."""
        if content != {"type": "ping"} or self.reading is None:
            raise InvalidRequest("A transcript understands one frame: ping.")
        self.put(text_of({"type": "pass", "pass": self.reading.to_pass()}))
        self.deliver(frames.pong())

    async def chat_changed(self, event: dict[str, str]) -> None:
        """Hears the doorbell; what this process rang itself its feeds know already."""
        if self.feed is not None and event["process"] != doorbell.PROCESS:
            with contextlib.suppress(StoreUnavailable):
                await self.feed.catch_up()

    def admits(self, session: Session) -> bool:
        """Asks the one predicate, for the one session that the reason was given for."""
        is_it = self.reading is not None and session.session_id == self.reading.session_id
        return is_it and may_see(OPERATOR, session)

    def deliver(self, frame: Frame) -> None:
        """Queues a frame for the browser."""
        self.put(frame.text)

    def dismiss(self) -> None:
        """Closes the socket: another session has the name now."""
        self.shut_door(NO_SUCH_SESSION)

    def _attended(self, task: asyncio.Task[None]) -> None:
        """Closes the transcript where nobody tells the visitor any more that it is open."""
        if not task.cancelled():
            self.shut_door(NOT_ALLOWED)

    async def _attend(self, reading: Reading) -> None:
        """Says again and again that the transcript is open, for as long as the operator may read it."""
        while True:
            await asyncio.sleep(BEAT)
            with contextlib.suppress(StoreUnavailable, SessionNotFound):  # a clear may be undone
                await reading.go_on()
            try:
                await check(reading, self.scope)
            except NotAllowed as refusal:
                await self.refuse(refusal)
                return


async def check(reading: Reading, scope: dict[str, Any]) -> None:
    """Raises ``NotAllowed`` unless the reading's operator is signed in now and may still read transcripts.

    The scope itself only knows who was signed in when the socket opened.
    """
    sign_in = import_module(settings.SESSION_ENGINE).SessionStore(scope["session"].session_key)
    user = await get_user({"session": sign_in})
    if str(user.pk) != reading.operator or not await database_sync_to_async(_may_read)(user):
        raise NotAllowed("You may not read this chat, or not any more.")


def pass_in(query_string: bytes) -> str:
    """Returns the pass in a socket's address, ``""`` where there is none."""
    return parse_qs(query_string.decode("latin-1")).get("pass", [""])[-1]


def _may_read(user: Any) -> bool:
    return bool(user.is_active and user.is_staff and user.has_perms(PERMISSIONS))
