"""The tabs of one chat, and how a reply is told to them while it grows."""

import asyncio
import time
from typing import Final

from chat_app.live import events
from chat_app.live.events import Frame, RunningReply
from chat_app.live.subscriber import Subscriber
from chat_app.responders.parts import Phase

GATHER: Final = 0.03
"""Seconds of a reply that share one frame, after the first."""


class Subscribers:
    """Holds the tabs and the reply that they are being told, and how much of it they know."""

    def __init__(self) -> None:
        self.tabs: set[Subscriber] = set()
        self.reply: RunningReply | None = None
        self._told = 0
        self._told_at = 0.0
        self._gathering: asyncio.TimerHandle | None = None

    def send(self, frame: Frame) -> None:
        """Gives a frame to every tab."""
        for tab in tuple(self.tabs):
            tab.send_frame(frame)

    def begin_reply(self, reply: RunningReply) -> None:
        """Tells the tabs that a reply begins."""
        self.reply, self._told, self._told_at = reply, 0, 0.0
        self.send(events.start(reply))

    def resume(self, reply: RunningReply | None) -> None:
        """Goes on with a reply whose text so far the tabs get in their ``welcome``."""
        self.reply = reply
        self._told = len(reply.text) if reply else 0

    def append_text(self, reply: RunningReply, text: str) -> None:
        """Takes new text of a reply: the first at once, then what comes within 30 ms in one frame.

        A reply of an earlier life of the name may still be saying something; of that nobody is told.
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
        """Tells the tabs what a reply waits for, where that is news."""
        if reply.enter(phase) and reply is self.reply:
            self.send(events.status(reply))

    def cut_context(self, reply: RunningReply, context_from: int) -> None:
        """Tells the tabs that the persona reads only from ``context_from`` on."""
        reply.context_from = context_from
        self.take_back(reply)

    def take_back(self, reply: RunningReply) -> None:
        """Tells the tabs that the text so far is not the reply's: it starts again."""
        reply.text, reply.phase, reply.restarts = "", "", reply.restarts + 1
        if reply is self.reply:
            self.begin_reply(reply)

    def set_text(self, text: str) -> None:
        """Takes the text so far as it was read from the store."""
        if self.reply is not None:
            self.reply.text = max(self.reply.text, text, key=len)
            self.flush()

    def flush(self) -> None:
        """Tells at once what was gathered."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if self.reply is not None and self._told < len(self.reply.text):
            self.send(events.chunk(self.reply, self._told))
            self._told, self._told_at = len(self.reply.text), time.monotonic()
