"""A websocket client for tests: connects to the application without a server, reads frames by type."""

import json
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from channels.testing import WebsocketCommunicator

PATIENCE = 10.0


class Tab:
    """One browser tab; ``expect`` reads on to the next frame of a type and keeps what it passed in ``seen``."""

    def __init__(self, path: str, headers: dict[str, str] | None = None) -> None:
        from nono.asgi import application

        given = {"host": "localhost", **(headers or {})}
        pairs = [(name.lower().encode(), value.encode()) for name, value in given.items()]
        self._socket = WebsocketCommunicator(application, path, headers=pairs)
        self.seen: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        accepted, _ = await self._socket.connect(timeout=PATIENCE)
        assert accepted
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        await self._socket.disconnect(timeout=PATIENCE)

    async def is_accepted(self) -> bool:
        accepted, _ = await self._socket.connect(timeout=PATIENCE)
        return bool(accepted)

    async def send(self, **frame: Any) -> None:
        await self.send_text(json.dumps(frame))

    async def send_text(self, text: str) -> None:
        await self._socket.send_to(text_data=text)

    async def send_bytes(self, data: bytes) -> None:
        await self._socket.send_to(bytes_data=data)

    async def next(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await self._socket.receive_from(timeout=PATIENCE))
        self.seen.append(frame)
        return frame

    async def expect(self, *types: str) -> dict[str, Any]:
        while True:
            frame = await self.next()
            if frame["type"] in types:
                return frame

    async def ask(self, text: str = "Hello?") -> dict[str, Any]:
        """Says something and reads on to the end of its reply."""
        await self.send(type="message", text=text)
        return await self.expect("complete")

    async def closed_with(self) -> int:
        while True:
            event = await self._socket.receive_output(timeout=PATIENCE)
            if event["type"] == "websocket.close":
                return int(event["code"])
            self.seen.append(json.loads(event["text"]))

    def text_of(self, reply_id: str) -> str:
        """What the chunks of a reply make, laid down at their offsets as a page does; a second start is a new text."""
        text = ""
        for frame in self.seen:
            if frame["type"] == "start" and frame["reply_id"] == reply_id:
                text = ""
            if frame["type"] == "chunk" and frame["reply_id"] == reply_id:
                assert frame["offset"] == len(text)
                text += frame["content"]
        return text


def chat(user_id: str, query: str = "", **headers: str) -> Tab:
    """A tab on one chat."""
    return Tab(f"/ws/chat/{quote(user_id)}{query}", headers)
