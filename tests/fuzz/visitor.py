"""A small model of a visitor: what was acknowledged is in the history, in order, until the chat is cleared."""

import json
import uuid
from random import Random
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import aiohttp

from tests.fuzz.inputs import WORDS

HISTORY: Final = 200
"""Messages that the server keeps of a chat here."""


class Disagreement(AssertionError):
    """The server did not do what the model says."""


class ModelVisitor:
    """One visitor with one chat, who does valid things in random order and knows what must come of them."""

    def __init__(self, address: str, name: str) -> None:
        self._address, self.name = address, name
        self._path = f"/api/session/{quote(name)}"
        self._client: aiohttp.ClientSession
        self.said: list[str] = []
        self.cleared: list[str] | None = None
        self.lives = False
        self.token = ""

    async def step(self, random: Random) -> str:
        """Does one thing, checks what comes of it, and returns its name."""
        deeds = [
            self.create,
            self.talk,
            self.talk,
            self.post,
            self.look,
            self.clear,
            self.undo,
            self.extend,
            self.export,
        ]
        deed = self.create if not self.lives and random.random() < 0.5 else random.choice(deeds)
        await deed(random)
        return deed.__name__

    async def __aenter__(self) -> Self:
        jar = aiohttp.CookieJar(unsafe=True)
        self._client = aiohttp.ClientSession(self._address, cookie_jar=jar, timeout=aiohttp.ClientTimeout(30))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        await self._client.close()

    async def create(self, _random: Random) -> None:
        """Begins the chat: 201, or 409 where it lives."""
        self._expect(
            await self._call("POST", "/api/session/create", {"user_id": self.name}), 409 if self.lives else 201
        )
        if not self.lives:
            self.said, self.lives = [], True

    async def talk(self, random: Random) -> None:
        """Says some things over a socket and waits for their acknowledgements, one of them sent twice."""
        async with self._client.ws_connect(f"/ws/chat/{quote(self.name)}") as socket:
            first = await socket.receive_json(timeout=10)
            if not self.lives:
                if first.get("code") != "session_not_found":
                    raise Disagreement(f"a chat that is gone was opened: {first}")
                return
            self._compare(first["messages"], "the welcome")
            for _ in range(random.randint(1, 4)):
                text, client_id = (
                    f"{random.choice(WORDS)[:3900]} {random.randrange(10**6)}",
                    str(uuid.UUID(int=random.getrandbits(128), version=4)),
                )
                for _ in range(random.choice([1, 1, 2])):
                    await socket.send_json({"type": "message", "text": text, "client_id": client_id})
                while True:
                    frame = await socket.receive_json(timeout=10)
                    if frame["type"] == "error":
                        raise Disagreement(f"a valid message was refused: {frame}")
                    if frame["type"] == "message" and frame["client_id"] == client_id:
                        break
                self.said.append(text)

    async def post(self, random: Random) -> None:
        """Says something over REST and gets the reply."""
        text = f"{random.choice(WORDS)[:3900]} {random.randrange(10**6)}"
        status, answer = await self._call("POST", "/api/chat", {"user_id": self.name, "message": text})
        self._expect((status, answer), 200 if self.lives else 404)
        if self.lives:
            self.said.append(text)
            if answer["message"]["role"] != "assistant":
                raise Disagreement(f"the answer is not the assistant's: {answer}")

    async def look(self, _random: Random) -> None:
        """Reads the history."""
        status, answer = await self._call("GET", f"{self._path}/history")
        self._expect((status, answer), 200 if self.lives else 404)
        if self.lives:
            self._compare(answer["messages"], "the history")

    async def export(self, _random: Random) -> None:
        """Reads the export."""
        status, answer = await self._call("GET", f"{self._path}/export")
        self._expect((status, answer), 200 if self.lives else 404)
        if self.lives:
            self._compare(answer["messages"], "the export")

    async def clear(self, random: Random) -> None:
        """Clears the chat, now and then."""
        if random.random() < 0.7:
            return
        status, answer = await self._call("DELETE", f"{self._path}/clear")
        self._expect((status, answer), 200 if self.lives else 404)
        if self.lives:
            self.lives, self.cleared, self.token = False, self.said, answer["undo"]

    async def undo(self, _random: Random) -> None:
        """Brings back what was cleared; after 10 s there is nothing to bring back."""
        status, answer = await self._call("POST", f"{self._path}/undo", {"undo": self.token})
        if status == 200 and (self.lives or self.cleared is None):
            raise Disagreement(f"something came back that was not cleared: {answer}")
        if status == 200:
            self.said, self.lives = self.cleared or [], True
        elif status not in {404, 409}:
            raise Disagreement(f"undo answered {status}: {answer}")
        self.cleared = None

    async def extend(self, _random: Random) -> None:
        """Winds the clock."""
        self._expect(await self._call("POST", f"{self._path}/extend"), 200 if self.lives else 404)

    async def _call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self._client.request(method, path, json=body) as answer:
            return answer.status, json.loads(await answer.text())

    def _expect(self, answer: tuple[int, Any], status: int) -> None:
        if answer[0] != status:
            raise Disagreement(f"{self.name}: {answer[0]} in place of {status}: {str(answer[1])[:300]}")

    def _compare(self, messages: list[dict[str, Any]], where: str) -> None:
        kept = [one["content"] for one in messages if one["role"] == "user"]
        if kept != self.said[-len(kept) :] and kept != self.said:
            raise Disagreement(f"{self.name}: {where} has not what was acknowledged")
        if len(messages) < HISTORY and len(kept) != len(self.said):
            raise Disagreement(f"{self.name}: {where} has {len(kept)} of {len(self.said)} messages")
        places = [one["seq"] for one in messages]
        if places != list(range(places[0], places[0] + len(places))) if places else False:
            raise Disagreement(f"{self.name}: {where} has gaps: {places}")
