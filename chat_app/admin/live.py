"""Websocket consumer of one open transcript: an operator follows a chat without writing in it."""

from typing import Any
from urllib.parse import parse_qs

from chat_app.consumers.chat import resume_point
from chat_app.consumers.observing import ChatRoomConsumer
from chat_app.live import events
from chat_app.live.presence import TranscriptView
from nono.errors import InvalidRequest
from nono.web.strict_json import text_of
from sessions_app.session import Session


class TranscriptConsumer(ChatRoomConsumer):
    """Sends the frames of one chat to the operator whose view the token in the query string identifies."""

    kind = "transcript"
    permissions = ("sessions_app.view_chatsession", "sessions_app.read_transcript")

    async def on_connect(self) -> None:
        """Notifies the visitor first, then joins the chat where the page left it."""
        reading = TranscriptView.from_token(pass_in(self.scope["query_string"]))
        epoch, after = resume_point(self.scope["query_string"])
        await self.observe(reading)
        await self.follow(reading.user_id, epoch, after)

    async def on_frame(self, content: Any) -> None:
        """Responds to a ping with a new token for the next connection; any other frame is invalid."""
        if content != {"type": "ping"} or self.reading is None:
            raise InvalidRequest("A transcript understands one frame: ping.")
        self.enqueue(text_of({"type": "pass", "pass": self.reading.to_token()}))
        self.send_frame(events.pong())

    def can_see(self, session: Session) -> bool:
        """Returns whether this is the session that the reason was given for."""
        return self.is_read(session)


def pass_in(query_string: bytes) -> str:
    """Returns the token in a socket's query string, ``""`` without one."""
    return parse_qs(query_string.decode("latin-1")).get("pass", [""])[-1]
