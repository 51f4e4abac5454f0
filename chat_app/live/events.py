"""The frames that the server sends on a chat's socket (docs/protocol.md, "Websocket")."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chat_app.messages import ChatMessage
from chat_app.responders.parts import Phase
from chat_app.safety import Level
from nono.errors import NonoError
from nono.store.operations import SessionSnapshot
from nono.web.strict_json import text_of
from sessions_app.session import Session
from sessions_app.times import now


@dataclass(frozen=True)
class Frame:
    """One frame; its text is serialized once for all subscribers."""

    fields: dict[str, Any]

    @property
    def type(self) -> str:
        """Returns the frame's type."""
        return str(self.fields["type"])

    @cached_property
    def text(self) -> str:
        """Returns the frame as JSON."""
        return text_of(self.fields)


@dataclass(slots=True)
class RunningReply:
    """State of a reply that is being written; ``text`` grows.

    ``phase`` is what the reply waits for before its text, ``since`` the start of that phase (ISO 8601), and
    ``restarts`` the number of times its text was discarded.
    """

    reply_id: str
    in_reply_to: int
    context_from: int
    text: str = ""
    phase: Phase = ""
    since: str = ""
    restarts: int = 0

    @classmethod
    def of(cls, found: SessionSnapshot) -> "RunningReply | None":
        """Returns the running reply of a snapshot, None without one; it may belong to a process that died."""
        if not found.reply:
            return None
        reply = found.reply
        return cls(
            reply["reply_id"],
            int(reply["in_reply_to"]),
            int(reply["context_from"]),
            found.text,
            reply.get("phase", ""),  # type: ignore[arg-type]  # written by this class
            reply.get("since", ""),
            int(reply.get("restarts", 0)),
        )

    @property
    def waits_for(self) -> Phase:
        """Returns the phase, or "" once there is text."""
        return "" if self.text else self.phase

    def enter(self, phase: Phase) -> bool:
        """Sets the phase of the reply; returns whether it changed."""
        if self.text or phase == self.phase:
            return False
        self.phase, self.since = phase, now()
        return True

    def to_dict(self) -> dict[str, Any]:
        """Returns the identifying fields of the reply, without its text."""
        return {"reply_id": self.reply_id, "in_reply_to": self.in_reply_to, "context_from": self.context_from}


def welcome(session: Session, *, recovered: bool, messages: list[ChatMessage], reply: RunningReply | None) -> Frame:
    """Returns the frame with the state of the chat; its ``seq`` is that of the newest message.

    Its ``reply`` is the text so far of the running reply, and ``running`` identifies that reply.
    """
    return _frame(
        "welcome",
        session=session.to_dict(),
        epoch=session.version,
        seq=session.seq,
        recovered=recovered,
        messages=[message.to_dict() for message in messages],
        reply=reply.text if reply else None,
        running=reply.to_dict() | {"phase": reply.waits_for, "since": reply.since} if reply else None,
        server_time=now(),
    )


def message(stored: ChatMessage, *, duplicate: bool = False) -> Frame:
    """Returns the acknowledgement of a user message; its id is the sender's ``client_id`` if one was given."""
    return _frame("message", message=stored.to_dict(), client_id=stored.id, duplicate=duplicate)


def safety(level: Level, *, card: bool) -> Frame:
    """Returns the frame that shows help on the page: the full card if ``card``, otherwise a reminder."""
    return _frame("safety", level=level, card=card)


def start(reply: RunningReply) -> Frame:
    """Returns the frame with which a reply begins."""
    return _frame("start", **reply.to_dict())


def status(reply: RunningReply) -> Frame:
    """Returns the frame with the phase that a reply is in before its text."""
    return _frame("status", reply_id=reply.reply_id, phase=reply.phase, since=reply.since)


def chunk(reply: RunningReply, offset: int) -> Frame:
    """Returns the frame with all of the reply's text from ``offset`` (in characters) on."""
    return _frame("chunk", reply_id=reply.reply_id, offset=offset, content=reply.text[offset:])


def replaced(session: Session, reply_id: str, seq: int) -> Frame:
    """Returns the frame that removes a stored reply because a new one replaces it."""
    return _frame("replaced", reply_id=reply_id, seq=seq, epoch=session.version)


def complete(stored: ChatMessage) -> Frame:
    """Returns the frame with which a stored reply ends."""
    state = stored.metadata.get("state", "done")
    return _frame("complete", reply_id=stored.id, state=state, response=stored.content, message=stored.to_dict())


def session(current: Session) -> Frame:
    """Returns the frame for a changed expiry, persona or metadata."""
    return _frame("session", session=current.to_dict())


def observer(*, present: bool) -> Frame:
    """Returns the frame that reports whether an operator has the transcript open."""
    return _frame("observer", present=present)


def ended(how: str, epoch: str) -> Frame:
    """Returns the frame whose type is ``how``: ``cleared``, ``restored`` or ``expired``."""
    return _frame(how, epoch=epoch)


def error(refused: NonoError, client_id: str | None = None) -> Frame:
    """Returns the ``error`` frame for a refused request."""
    optional = {"retry_after": refused.retry_after, "client_id": client_id}
    given = {name: value for name, value in optional.items() if value is not None}
    return _frame("error", code=refused.code, message=refused.detail, **given)


def pong() -> Frame:
    """Returns the response to a ping."""
    return _frame("pong", server_time=now())


def _frame(type: str, **fields: Any) -> Frame:
    return Frame({"type": type, **fields})
