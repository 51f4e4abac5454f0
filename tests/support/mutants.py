"""Serves Nono with parts replaced or taken out: ``python -m tests.support.mutants deaf unwatched brief``.

A fault is only as telling as its control: with the protection gone, the same fault has to do harm.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

from nono.server import __main__ as server_main


class Voice:
    """Says pieces of text, with a pause between two of them."""

    def __init__(self, *pieces: str, pause: float = 0) -> None:
        self.pieces = pieces
        self.pause = pause

    async def stream(self, _window: Any) -> AsyncIterator[str]:
        """Yields the pieces."""
        for piece in self.pieces:
            yield piece
            await asyncio.sleep(self.pause)


def brief() -> None:
    """Lets every reply be short and quick, so that the faults meet more messages."""
    _answer_with(Voice("I have read ", "it."))


def slow() -> None:
    """Lets every reply take about two seconds."""
    _answer_with(Voice(*(f"word{number} " for number in range(60)), pause=0.03))


class Loud(Voice):
    """Answers at length where it is asked at length."""

    async def stream(self, window: Any) -> AsyncIterator[str]:
        """Yields 16 KiB at once, or a word."""
        yield "a long word " * 1365 if len(window.messages[-1].content) > 1000 else "Yes."


def loud() -> None:
    """Lets long messages get long replies."""
    _answer_with(Loud())


def deaf() -> None:
    """Loses every notification."""
    from nono.realtime import notifications

    async def lose(group: str, event: dict[str, str]) -> None: ...

    notifications._send = lose


def unwatched() -> None:
    """Takes the watch over open chats away."""
    from chat_app.live import reconciler

    reconciler.start = lambda: None


def hasty() -> None:
    """Acknowledges a message a little before it is stored."""
    from chat_app import conversation
    from chat_app.live import events
    from chat_app.live.room import ChatRoom
    from chat_app.memory import StoredMessage
    from chat_app.messages import new_message
    from sessions_app.access import Visitor

    receive = conversation.receive

    async def receive_hastily(room: ChatRoom, visitor: Visitor, text: str, *, client_id: str = "") -> StoredMessage:
        room.send(events.message(new_message("user", text, id=client_id)))
        await asyncio.sleep(0.05)
        return await receive(room, visitor, text, client_id=client_id)

    conversation.receive = receive_hastily


def impatient() -> None:
    """Gives a store up at once that does not answer."""
    from django.conf import settings

    settings.STORE_RETRY["retries"] = 0


def unbounded() -> None:
    """Takes the bounds away on what waits for a client that does not read."""
    from nono.realtime import consumer
    from nono.server import websocket_limits

    for module in (websocket_limits, consumer):
        for name in ("MAX_UNREAD", "MAX_QUEUED"):
            if hasattr(module, name):
                setattr(module, name, 10**9)


def trusting() -> None:
    """Believes the headers for the web server, whoever sends them."""
    from nono.server import http_limits

    http_limits.NOT_FOR_CLIENTS = ()


def talkative() -> None:
    """Sends to clients, also when they have been sent away."""
    from daphne.ws_protocol import WebSocketProtocol

    from nono.server.websocket_limits import BoundedWebSocket

    BoundedWebSocket.sendMessage = WebSocketProtocol.sendMessage  # type: ignore[method-assign]


ALTERATIONS: dict[str, Callable[[], None]] = {
    alteration.__name__: alteration
    for alteration in (brief, slow, loud, deaf, unwatched, hasty, impatient, unbounded, trusting, talkative)
}


def _answer_with(voice: Voice) -> None:
    from chat_app import responders

    responders.responder = lambda persona: voice


def main() -> int:
    """Alters and serves; gives the exit status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nono.settings")
    import django

    django.setup()
    for name in sys.argv[1:]:
        ALTERATIONS[name]()
    return server_main.main([])


if __name__ == "__main__":
    sys.exit(main())
