"""Throws random requests, frames and bytes at one process for a while, and notes what should not have happened."""

import asyncio
import json
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp

from tests.fuzz import inputs, wire
from tests.fuzz.visitor import Disagreement, ModelVisitor
from tests.support.server import Server

WORKERS: Final = 12
VISITORS: Final = 3
PATIENCE: Final = 10.0
"""Seconds within which /health has to answer while the process is attacked."""

WARM: Final = 0.4
"""The part of the time after which the process is as large as it may be: caches are full, code is loaded."""

MAY_GROW: Final = 16 * 1024 * 1024
"""Bytes by which it may be larger at the end than then, whether after two minutes or after an hour."""

EXPECTED: Final = frozenset({501, 505})
"""What the web server says of methods, encodings and versions that it does not have; nothing else from 500 on."""

CODES: Final = frozenset({0, 1000, 1001, 1002, 1003, 1005, 1007, 1009, 4400, 4404, 4408, 4409, 4429})
"""How a socket may end; 1011 would be an error of ours."""

WHO_CAME_WRONG: Final = ("django.security", "django.request")
"""Loggers that tell, as a warning or with their own level, of requests that were refused: that is no defect."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What went wrong, at which step, and what had been sent; the step's name is enough to draw it again."""

    what: str
    step: str
    sent: bytes = b""

    def __str__(self) -> str:
        """Returns it on one line."""
        return f"{self.what}, at {self.step}, after {self.sent[:600]!r}"


@dataclass
class Attack:
    """One run: what it found, how much it did, and how large the process was on the way."""

    server: Server
    log: Path
    seed: int
    seconds: float
    findings: list[Finding] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)
    sizes: list[tuple[float, int]] = field(default_factory=list)
    _cookie: str = ""

    async def run(self) -> None:
        """Attacks until the time is over or something was found, then asks whether the server still answers right."""
        self._since = time.monotonic()
        try:
            await self._enter()
            async with asyncio.TaskGroup() as tasks:
                for worker in range(WORKERS):
                    tasks.create_task(self._throw(worker))
                for number in range(VISITORS):
                    tasks.create_task(self._visit(number))
                tasks.create_task(self._watch())
            await self._ask_after_all()
        except* (aiohttp.ClientError, aiohttp.WSMessageTypeError, OSError, TimeoutError) as gone:
            said = "".join(traceback.format_exception(gone))[-1500:]
            self.findings.append(Finding(f"the server did not answer: {said}", "between steps"))
        self._read_log()
        if not self.findings and self.growth > MAY_GROW:
            self.findings.append(Finding(f"memory grew by {self.growth / 2**20:.1f} MiB", "the end"))

    @property
    def growth(self) -> int:
        """Returns by how many bytes the process grew after it was warm: the least of its last sizes counts."""
        warm = [size for at, size in self.sizes if at >= WARM * self.seconds]
        return min(warm[-5:]) - max(warm[:3]) if len(warm) > 8 else 0

    @property
    def is_over(self) -> bool:
        """Tells whether to stop."""
        return bool(self.findings) or time.monotonic() - self._since > self.seconds

    async def _enter(self) -> None:
        parts = urlsplit(self.server.address)
        self._at, self._host = (parts.hostname or "", parts.port or 0), f"localhost:{parts.port}"
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self.server.address, cookie_jar=jar) as client:
            for worker in range(WORKERS):
                await (await client.post("/api/session/create", json={"user_id": f"Fuzz {worker}"})).read()
            self._cookie = "; ".join(f"{one.key}={one.value}" for one in jar)

    async def _throw(self, worker: int) -> None:
        step = 0
        while not self.is_over:
            step += 1
            place = f"{self.seed}/{worker}/{step}"
            await self._throw_once(Random(place), f"Fuzz {worker}", place)

    async def _throw_once(self, random: Random, name: str, place: str) -> None:
        kind = random.choices(["request", "create", "frames", "garbage", "handshake"], [8, 3, 4, 2, 1])[0]
        self.steps[kind] = self.steps.get(kind, 0) + 1
        path = random.choice([f"/ws/chat/{quote(name)}"] * 3 + ["/ws/sessions"])
        match kind:
            case "request":
                parts = [wire.request(random, self._host, self._cookie, name)]
            case "create":
                parts = [wire.create(self._host, self._cookie, name)]
            case "frames":
                parts = [wire.handshake(random, self._host, self._cookie, path), wire.frames(random)]
            case "garbage":
                parts = [
                    wire.handshake(random, self._host, self._cookie, path),
                    wire.frames(random),
                    wire.garbage(random),
                ]
            case _:
                odd = path if random.random() < 0.5 else inputs.target(random, name)
                parts = [wire.handshake(random, self._host, self._cookie, odd, odd=True), wire.frames(random)]
        try:
            heard = await wire.exchange(self._at, *parts, end=wire.LAST_WORDS if kind == "frames" else b"")
            self._judge(heard, place, b"".join(parts))
        except ConnectionError as refused:
            self.findings.append(Finding(f"no connection: {refused!r}", place, b"".join(parts)))

    def _judge(self, heard: wire.Heard, place: str, sent: bytes) -> None:
        if heard.status >= 500 and heard.status not in EXPECTED:
            self.findings.append(Finding(f"answered {heard.status}: {heard.body[:300]!r}", place, sent))
        if heard.code not in CODES:
            self.findings.append(Finding(f"the socket was closed with {heard.code}", place, sent))
        try:
            told = [frame.get("code") for frame in wire.kinds(heard)]
        except ValueError:
            self.findings.append(Finding("a frame is no JSON", place, sent))
            return
        if "internal_error" in told or "store_unavailable" in told:
            self.findings.append(Finding(f"the socket was told {told}", place, sent))

    async def _visit(self, number: int) -> None:
        step = 0
        async with ModelVisitor(self.server.address, f"Model {number}") as visitor:
            while not self.is_over:
                step += 1
                place = f"{self.seed}/visitor {number}/{step}"
                try:
                    deed = await visitor.step(Random(place))
                except Disagreement as wrong:
                    self.findings.append(Finding(str(wrong), place))
                    return
                self.steps[deed] = self.steps.get(deed, 0) + 1

    async def _watch(self) -> None:
        async with aiohttp.ClientSession(self.server.address, timeout=aiohttp.ClientTimeout(PATIENCE)) as client:
            while not self.is_over:
                async with client.get("/health") as answer:
                    if answer.status != 200:
                        self.findings.append(Finding(f"/health answered {answer.status}", "the watch"))
                self.sizes.append((time.monotonic() - self._since, resident(self.server.pid)))
                self._read_log()
                await asyncio.sleep(min(1.0, self.seconds / 40))

    async def _ask_after_all(self) -> None:
        async with ModelVisitor(self.server.address, "After all") as visitor:
            deeds: list[Any] = [
                visitor.create,
                visitor.talk,
                visitor.post,
                visitor.look,
                visitor.export,
                visitor.extend,
            ]
            try:
                for deed in deeds:
                    await deed(Random(self.seed))
            except (Disagreement, TimeoutError) as wrong:
                self.findings.append(Finding(f"{wrong!r}", f"after all, {deed.__name__}"))

    def _read_log(self) -> None:
        for line in self.log.read_text(errors="replace").splitlines():
            if is_trouble(line) and not self.findings:
                self.findings.append(Finding(f"the log has: {line[:3000]}", "some step"))


def is_trouble(line: str) -> bool:
    """Tells whether a line of the log tells of a defect."""
    try:
        event = json.loads(line)
    except ValueError:
        return "Traceback" in line
    if not isinstance(event, dict):
        return False
    is_severe = event.get("level") in {"error", "critical"}
    if str(event.get("logger")).startswith(WHO_CAME_WRONG):
        return is_severe and "failure" in event
    return is_severe or "failure" in event


def resident(pid: int) -> int:
    """Returns how much memory a process has, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024
