"""The subscribers of one chat, and the sending of a growing reply to them."""

import asyncio
import time
from typing import Final

from chat_app.live import events
from chat_app.live.events import Frame, RunningReply
from chat_app.live.subscriber import Subscriber
from chat_app.responders.parts import Phase

GATHER: Final = 0.03
"""Seconds of a reply's text that are batched into one frame, after the first frame."""


class Subscribers:
    """Holds the subscribers, the reply that is being sent to them, and how many characters of it were sent."""

    def __init__(self) -> None:
        self.tabs: set[Subscriber] = set()
        self.reply: RunningReply | None = None
        self._told = 0
        self._told_at = 0.0
        self._gathering: asyncio.TimerHandle | None = None

    def send(self, frame: Frame) -> None:
        """Sends a frame to every subscriber."""
        for tab in tuple(self.tabs):
            tab.send_frame(frame)

    def begin_reply(self, reply: RunningReply) -> None:
        """Sends the subscribers the ``start`` of a reply."""
        self.reply, self._told, self._told_at = reply, 0, 0.0
        self.send(events.start(reply))

    def resume(self, reply: RunningReply | None) -> None:
        """Sets the current reply, whose text so far the subscribers receive in their ``welcome``."""
        self.reply = reply
        self._told = len(reply.text) if reply else 0

    def append_text(self, reply: RunningReply, text: str) -> None:
        """Appends text to a reply and sends it: the first at once, then what comes within 30 ms in one frame.

        Text of a reply that is not the current one (it may be from an earlier epoch) is not sent.
        """
        reply.text += text
        if reply is not self.reply:
            return
        if self._gathering is None:
            left = self._told_at + GATHER - time.monotonic()
            if left <= 0:
                self.flush()
            else:
                self._gathering = asyncio.get_running_loop().call_later(left, self.flush)

    def enter_phase(self, reply: RunningReply, phase: Phase) -> None:
        """Sends the subscribers the phase of a reply if it changed."""
        if reply.enter(phase) and reply is self.reply:
            self.send(events.status(reply))

    def cut_context(self, reply: RunningReply, context_from: int) -> None:
        """Restarts the reply with ``context_from`` as the first seq that the persona reads."""
        reply.context_from = context_from
        self.take_back(reply)

    def take_back(self, reply: RunningReply) -> None:
        """Discards the text so far and sends the ``start`` of the reply again."""
        reply.text, reply.phase, reply.restarts = "", "", reply.restarts + 1
        if reply is self.reply:
            self.begin_reply(reply)

    def set_text(self, text: str) -> None:
        """Sets the text so far to what was read from the store, if that is longer, and sends it."""
        if self.reply is not None:
            self.reply.text = max(self.reply.text, text, key=len)
            self.flush()

    def flush(self) -> None:
        """Sends the batched text now."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if self.reply is not None and self._told < len(self.reply.text):
            self.send(events.chunk(self.reply, self._told))
            self._told, self._told_at = len(self.reply.text), time.monotonic()
