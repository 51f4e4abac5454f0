"""A scripted tab: sends with ids of its own, comes back to where it was, repeats what was not acknowledged.

It does what net/live_socket.js, chat/conversation.js and chat/delivery.js in static/js do, and checks what it is told
on the way.
"""

import asyncio
import contextlib
import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.faults.life import Life

PATIENCE = 30.0
PAUSE = 0.05
"""Seconds between two attempts to connect."""


class Impatient(AssertionError):
    """What a tab waited for did not come in time."""


class ChatClient(Life):
    """One tab on one chat; ``async with`` it, ``say`` things, and compare its ``transcript``.

    A naive one neither names its sends nor comes back to where it was: the control of what those are for.
    """

    def __init__(self, address: str, user_id: str, *, naive: bool = False) -> None:
        self.address = address.replace("http://", "ws://")
        self.user_id = user_id
        self.naive = naive
        self.epoch = ""
        self.seq = 0
        self.messages: dict[int, dict[str, Any]] = {}
        self.acknowledged: dict[str, int] = {}
        """Of each text that was acknowledged, its seq."""
        self.refusals: list[dict[str, Any]] = []
        self.endings: list[str] = []
        self.connections = 0
        self._unacknowledged: dict[str, str] = {}
        self._socket: ClientConnection | None = None
        self._is_live = False
        self._reply = ("", "")
        self._changed = asyncio.Event()

    @property
    def transcript(self) -> list[dict[str, Any]]:
        """Returns the messages as this tab has them, oldest first."""
        return [self.messages[seq] for seq in sorted(self.messages)]

    @property
    def reply(self) -> str:
        """Returns what the running reply has said so far."""
        return self._reply[1]

    @property
    def is_answered(self) -> bool:
        """Tells whether the newest reply answers the newest message."""
        asked = [message["seq"] for message in self.messages.values() if message["role"] == "user"]
        last = self.messages.get(self.seq, {"role": "nobody"})
        return bool(last["role"] == "assistant" and last["metadata"]["in_reply_to"] == max(asked, default=0))

    async def say(self, text: str, patience: float = PATIENCE) -> None:
        """Sends a message, again after each loss of the line, until it is acknowledged."""
        await self.begin_to_say(text)
        await self.until(lambda: text in self.acknowledged, patience)

    async def begin_to_say(self, text: str) -> None:
        """Sends a message without waiting for its acknowledgement."""
        client_id = str(uuid.uuid4())
        self._unacknowledged[client_id] = text
        await self._send(client_id)

    async def until(self, holds: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Waits until something holds of this tab; what goes wrong in it is raised here."""
        try:
            async with asyncio.timeout(patience):
                while not holds():
                    self._changed.clear()
                    if self._life and self._life.done():
                        self._life.result()
                    await self._changed.wait()
        except TimeoutError:
            raise Impatient(f"{self.user_id}: seq {self.seq}, unacknowledged {self._unacknowledged}") from None

    async def _live(self) -> None:
        try:
            while True:
                with contextlib.suppress(OSError, WebSocketException):
                    await self._follow()
                self._is_live, self._socket = False, None
                await asyncio.sleep(PAUSE)
        finally:
            self._changed.set()

    async def _follow(self) -> None:
        at = {"epoch": self.epoch, "after": self.seq} if self.epoch and not self.naive else {}
        url = f"{self.address}/ws/chat/{quote(self.user_id)}?{urlencode(at)}"
        async with connect(url, open_timeout=PATIENCE, close_timeout=0.2, ping_interval=None) as socket:
            self._socket = socket
            self.connections += 1
            async for text in socket:
                frame = json.loads(text)
                hear = getattr(self, f"_hear_{frame['type']}", None)
                if hear is not None and not await hear(frame):
                    return
                self._changed.set()

    async def _send(self, client_id: str) -> None:
        if self._socket is None or not self._is_live:
            return
        frame = {"type": "message", "text": self._unacknowledged[client_id], "client_id": client_id}
        if self.naive:
            del frame["client_id"]
        with contextlib.suppress(OSError, WebSocketException):
            await self._socket.send(json.dumps(frame))

    # What each frame does; False where something was missed, so that the tab has to ask again.

    async def _hear_welcome(self, frame: dict[str, Any]) -> bool:
        if frame["epoch"] != self.epoch or not frame["recovered"]:
            self.messages = {} if not self.naive else self.messages
        self.epoch, self.seq, self._is_live = frame["epoch"], frame["seq"], True
        if not self.naive:
            for message in frame["messages"]:
                self._keep(message)
            assert sorted(self.messages) == list(range(1, self.seq + 1)), (self.user_id, frame)
        running = frame["running"]
        self._reply = (running["reply_id"], frame["reply"]) if running else ("", "")
        for client_id in list(self._unacknowledged):
            await self._send(client_id)
        return True

    async def _hear_message(self, frame: dict[str, Any]) -> bool:
        return self._arrive(frame["message"])

    async def _hear_start(self, frame: dict[str, Any]) -> bool:
        self._reply = (frame["reply_id"], "")
        return True

    async def _hear_chunk(self, frame: dict[str, Any]) -> bool:
        reply_id, text = self._reply
        if reply_id != frame["reply_id"] or frame["offset"] > len(text):
            return self.naive
        self._reply = (reply_id, text + frame["content"][len(text) - frame["offset"] :])
        return True

    async def _hear_complete(self, frame: dict[str, Any]) -> bool:
        reply_id, text = self._reply
        if reply_id == frame["reply_id"] and not self.naive:
            assert text == frame["response"], "what was streamed is not what is stored"
        self._reply = ("", "")
        return self._arrive(frame["message"])

    async def _hear_error(self, frame: dict[str, Any]) -> bool:
        self.refusals.append(frame)
        client_id = frame.get("client_id")
        if client_id in self._unacknowledged:
            asyncio.get_running_loop().call_later(4 * PAUSE, self._send_again, client_id)
        return True

    async def _hear_cleared(self, frame: dict[str, Any]) -> bool:
        self.endings.append("cleared")
        self.messages = {}
        return True

    async def _hear_restored(self, frame: dict[str, Any]) -> bool:
        self.endings.append("restored")
        return True

    def _send_again(self, client_id: str) -> None:
        if client_id in self._unacknowledged:
            self._sending = asyncio.ensure_future(self._send(client_id))

    def _arrive(self, message: dict[str, Any]) -> bool:
        if message["seq"] > self.seq + 1 and not self.naive:
            return False
        self.seq = max(self.seq, message["seq"])
        self._keep(message)
        return True

    def _keep(self, message: dict[str, Any]) -> None:
        known = self.messages.setdefault(message["seq"], message)
        assert self.naive or known == message, "two messages have one place"
        own = self._own_id_of(message)
        if own is not None:
            self.acknowledged[self._unacknowledged.pop(own)] = message["seq"]

    def _own_id_of(self, message: dict[str, Any]) -> str | None:
        """Returns under which id this tab sent a message; a naive one can only go by its text."""
        if not self.naive:
            return message["id"] if message["id"] in self._unacknowledged else None
        return next((one for one, text in self._unacknowledged.items() if text == message["content"]), None)
