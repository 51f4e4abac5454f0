"""Protocol between a chat room and what is attached to it."""

from typing import Protocol

from chat_app.live.events import Frame
from sessions_app.session import Session


class Subscriber(Protocol):
    """A receiver of a chat's frames: a socket or a waiting request."""

    def can_see(self, session: Session) -> bool:
        """Returns whether the subscriber may see ``session``; called again when the epoch changes."""

    def send_frame(self, frame: Frame) -> None:
        """Accepts a frame without blocking."""

    def evict(self) -> None:
        """Called when the subscriber may no longer see the chat."""
