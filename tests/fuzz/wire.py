"""HTTP requests and websocket frames as bytes, well-formed or not, over one raw connection each."""

import asyncio
import contextlib
import json
import struct
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from tests.fuzz.inputs import HEADERS, METHODS, body_for, frame_text, noise, target, text_of

QUIET: Final = 0.25
"""Seconds without a word after which a half-sent request is given up."""

PATIENCE: Final = 2.0
"""Seconds without a word after which anything else is; the server has much to do here."""

MOST: Final = 512 * 1024
"""Bytes of an answer that are read."""

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

LAST_WORDS: Final = b"that was all"
"""What a refusal repeats of the last frame, when all before it were answered."""


@dataclass
class Heard:
    """What came back on one connection: a status, or the frames and the close code of a socket."""

    status: int = 0
    body: bytes = b""
    frames: list[bytes] = field(default_factory=list)
    code: int = 0


def request(random: Random, host: str, cookie: str, name: str) -> bytes:
    """Returns the bytes of a request, sometimes valid."""
    path = target(random, name)
    method = random.choice(METHODS) if random.random() < 0.3 else random.choice(["GET", "POST", "DELETE"])
    body = text_of(random, body_for(random, path.partition("?")[0], name)).encode(errors="surrogatepass")
    if random.random() < 0.1:
        body = noise(random, 2000)
    headers = {"Host": host, "Cookie": cookie, "Connection": "close"}
    if method == "POST" or random.random() < 0.1:
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    while random.random() < 0.4:
        header = random.choice(list(HEADERS))
        headers[header] = random.choice(HEADERS[header])
    lines = [f"{header}: {value}" for header, value in headers.items()]
    if random.random() < 0.05:
        lines.append(random.choice(lines))
    if random.random() < 0.03:
        lines += [f"X-{number}: {'a' * random.randrange(60)}" for number in range(random.choice([60, 600]))]
    version = random.choice(["HTTP/1.1"] * 12 + ["HTTP/1.0", "HTTP/2.0", "HTTP/9", "x", ""])
    head = "\r\n".join([f"{method} {path} {version}", *lines, "", ""]).encode("latin-1", "replace")
    if random.random() < 0.1:
        head = head.decode("latin-1").replace("é", "\xc3\xa9").encode("latin-1")
    if random.random() < 0.05:
        at = random.randrange(len(head))
        head = head[:at] + noise(random, 20) + head[at:]
    return head + (body if "Content-Length" in headers or random.random() < 0.1 else b"")


def create(host: str, cookie: str, name: str) -> bytes:
    """Returns the bytes of a valid request for a chat, so that those that were cleared live again."""
    body = json.dumps({"user_id": name}).encode()
    head = f"POST /api/session/create HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def handshake(random: Random, host: str, cookie: str, path: str, *, odd: bool = False) -> bytes:
    """Returns the bytes of a websocket's handshake, with odd headers if wished."""
    headers = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Cookie": cookie,
    }
    while odd and random.random() < 0.6:
        header = random.choice(list(HEADERS))
        headers[header] = random.choice(HEADERS[header])
        if random.random() < 0.2:
            headers.pop(random.choice(list(headers)))
    lines = [f"GET {path} HTTP/1.1", *(f"{header}: {value}" for header, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


def frame(
    payload: bytes, opcode: int = TEXT, *, first: int | None = None, mask: bytes | None = b"\x01\x02\x03\x04"
) -> bytes:
    """Returns one frame (RFC 6455, 5.2), masked unless ``mask`` is None; ``first`` replaces its first byte."""
    size, masked = len(payload), 0x80 if mask else 0
    head = bytes([0x80 | opcode if first is None else first])
    if size < 126:
        head += bytes([masked | size])
    elif size < 2**16:
        head += bytes([masked | 126]) + struct.pack(">H", size)
    else:
        head += bytes([masked | 127]) + struct.pack(">Q", size)
    if not mask:
        return head + payload
    return head + mask + bytes(one ^ mask[i % 4] for i, one in enumerate(payload))


def frames(random: Random) -> bytes:
    """Returns some frames as a client's program may send them: good, bad, binary, in pieces."""
    sent = b""
    for _ in range(random.randint(1, 8)):
        payload = frame_text(random).encode(errors="surrogatepass")
        match random.randrange(8):
            case 0:
                sent += frame(payload, BINARY)
            case 1:
                cut = random.randrange(len(payload) + 1)
                sent += frame(payload[:cut], first=TEXT) + frame(payload[cut:], first=0x80)
            case 2:
                sent += frame(noise(random, 120), PING)
            case _:
                sent += frame(payload)
    return sent + frame(b'{"type": "nothing", "client_id": "%s"}' % LAST_WORDS)


def garbage(random: Random) -> bytes:  # noqa: C901  a list of ways
    """Returns bytes that break the protocol of websockets."""
    payload = frame_text(random).encode(errors="surrogatepass")
    match random.randrange(12):
        case 0:
            return noise(random)
        case 1:
            return frame(payload, mask=None)
        case 2:
            return frame(payload, first=random.randrange(256))
        case 3:
            return b"\x81\xff" + struct.pack(">Q", random.choice([2**63, 2**62, 2**31, 20_481])) + b"abcd"
        case 4:
            return frame(b"\xff\xfe\xed\xa0\x80")
        case 5:
            return frame(noise(random, 400) + b"x" * 126, PING)
        case 6:
            return frame(random.choice([b"", b"\x03", b"\x03\xe8\xff", b"\x00\x01", b"\x13\x88" + b"x" * 124]), CLOSE)
        case 7:
            return frame(b"a", first=TEXT) + frame(b"b", first=0) * random.choice([2, 500, 5000])
        case 8:
            return frame(b"a", first=TEXT) + frame(payload, first=0x81)
        case 9:
            return frame(b"", first=0x80)
        case 10:
            return frame(payload)[: random.randrange(1, 12)]
        case _:
            return frame(b"", PING) * random.choice([10, 300]) + frame(b"x" * random.choice([16_385, 20_481, 70_000]))


async def exchange(address: tuple[str, int], first: bytes, *others: bytes, end: bytes = b"") -> Heard:
    """Sends some bytes, and others after the first answer, listens to the end, and returns what was heard.

    The end is the connection's, or where ``end`` or nothing comes. What is sent before a handshake is answered is lost.
    """
    reader, writer = await asyncio.open_connection(*address)
    received = b""
    try:
        writer.write(first)
        if others:
            async with asyncio.timeout(PATIENCE):
                received = await reader.read(65_536)
        for part in others:
            writer.write(part)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await writer.drain()
        while len(received) < MOST and not (end and end in received):
            async with asyncio.timeout(QUIET if received and not end else PATIENCE):
                more = await reader.read(65_536)
            if not more:
                break
            received += more
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.transport.abort()
    return read(received)


def read(received: bytes) -> Heard:
    """Reads a status and, after an upgrade, the frames behind it."""
    head, _, rest = received.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if not head.startswith(b"HTTP/") or len(words) < 2 or not words[1][:3].isdigit():
        return Heard()
    heard = Heard(int(words[1][:3]), rest)
    while heard.status == 101 and len(rest) >= 2:
        opcode, size, start = rest[0] & 15, rest[1] & 127, 2
        if size == 126:
            size, start = int.from_bytes(rest[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(rest[2:10], "big"), 10
        payload, rest = rest[start : start + size], rest[start + size :]
        if opcode == TEXT and len(payload) == size:
            heard.frames.append(payload)
        elif opcode == CLOSE:
            heard.code = int.from_bytes(payload[:2], "big")
    return heard


def kinds(heard: Heard) -> list[dict[str, Any]]:
    """Returns the frames as JSON; raises ValueError where one is none."""
    return [json.loads(one) for one in heard.frames]
