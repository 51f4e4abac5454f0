"""The socket of one open transcript: an operator follows a chat, and says nothing in it."""

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
    """Passes one chat on to the operator whose reading the pass in the address names."""

    kind = "transcript"
    permissions = ("sessions_app.view_chatsession", "sessions_app.read_transcript")

    async def on_connect(self) -> None:
        """Tells the visitor first, then joins the chat, from where the page left it."""
        reading = TranscriptView.from_token(pass_in(self.scope["query_string"]))
        epoch, after = resume_point(self.scope["query_string"])
        await self.observe(reading)
        await self.follow(reading.user_id, epoch, after)

    async def on_frame(self, content: Any) -> None:
        """Answers a ping, with a new pass for the next connection; an operator says nothing else."""
        if content != {"type": "ping"} or self.reading is None:
            raise InvalidRequest("A transcript understands one frame: ping.")
        self.enqueue(text_of({"type": "pass", "pass": self.reading.to_token()}))
        self.send_frame(events.pong())

    def can_see(self, session: Session) -> bool:
        """Shows the one session that the reason was given for."""
        return self.is_read(session)


def pass_in(query_string: bytes) -> str:
    """Returns the pass in a socket's address, ``""`` where there is none."""
    return parse_qs(query_string.decode("latin-1")).get("pass", [""])[-1]
