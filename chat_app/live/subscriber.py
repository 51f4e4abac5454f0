"""What a chat needs of whoever has it open."""

from typing import Protocol

from chat_app.live.events import Frame
from sessions_app.session import Session


class Subscriber(Protocol):
    """Whoever is told what happens in a chat: a socket, a waiting request."""

    def can_see(self, session: Session) -> bool:
        """Tells whether the tab may see ``session``; asked again when the name has a new life."""

    def send_frame(self, frame: Frame) -> None:
        """Takes a frame, at once and without waiting."""

    def evict(self) -> None:
        """Is told that the chat is not the tab's to see any more."""
