"""The socket of one open transcript: an operator follows a chat, and says nothing in it."""

import contextlib
from typing import Any
from urllib.parse import parse_qs

from chat_app import conversation, frames
from chat_app.consumers.chat import resume_point
from chat_app.consumers.observing import Observing
from chat_app.feed import Feed
from chat_app.frames import Frame
from chat_app.observation import Reading
from nono import doorbell
from nono.errors import InvalidRequest, StoreUnavailable
from nono.socket import NO_SUCH_SESSION
from nono.strict_json import text_of
from sessions_app.session import Session


class TranscriptConsumer(Observing):
    """Passes one chat on to the operator whose reading the pass in the address names."""

    kind = "transcript"
    permissions = ("sessions_app.view_chatsession", "sessions_app.read_transcript")
    feed: Feed | None = None
    _group = ""

    async def open(self) -> None:
        """Tells the visitor first, then joins the chat, from where the page left it."""
        reading = Reading.from_pass(pass_in(self.scope["query_string"]))
        epoch, after = resume_point(self.scope["query_string"])
        await self.observe(reading)
        self._group = doorbell.chat_group(reading.user_id)
        await doorbell.listen(self._group, self.channel_name)
        self.feed, welcome = await conversation.join(reading.user_id, self, epoch=epoch, after=after)
        self.deliver(welcome)

    async def shut(self) -> None:
        """Leaves the chat and tells the visitor so."""
        if self.feed is not None:
            conversation.leave(self.feed, self)
        if self._group:
            await doorbell.stop_listening(self._group, self.channel_name)
        await self.stop_observing()

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
        """Shows the one session that the reason was given for."""
        return self.is_read(session)

    def deliver(self, frame: Frame) -> None:
        """Queues a frame for the browser."""
        self.put(frame.text)

    def dismiss(self) -> None:
        """Closes the socket: another session has the name now."""
        self.shut_door(NO_SUCH_SESSION)


def pass_in(query_string: bytes) -> str:
    """Returns the pass in a socket's address, ``""`` where there is none."""
    return parse_qs(query_string.decode("latin-1")).get("pass", [""])[-1]
