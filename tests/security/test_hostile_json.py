"""JSON that breaks parsers is answered with a sentence; the call, the socket and the process go on."""

import json
from typing import Any

import pytest
import redis

from nono.realtime import consumer
from nono.web import strict_json
from tests.security.conftest import Elsewhere
from tests.security.visitors import Browser, Call

NAME = '"user_id":"Bob","message":"hello"'
HOSTILE: dict[str, str | bytes] = {
    "nothing": "",
    "a space": " ",
    "no JSON": "hello",
    "half of an object": "{",
    "a comma too many": f"{{{NAME},}}",
    "single quotes": "{'user_id':'Bob'}",
    "a comment": f"/*a*/{{{NAME}}}",
    "two values": f"{{{NAME}}}{{{NAME}}}",
    "NaN": f'{{{NAME},"metadata":{{"a":NaN}}}}',
    "Infinity": f'{{{NAME},"metadata":{{"a":Infinity}}}}',
    "-Infinity": f'{{{NAME},"metadata":{{"a":-Infinity}}}}',
    "a number over all bounds": f'{{{NAME},"metadata":{{"a":1e999}}}}',
    "a number of 5,000 digits": f'{{{NAME},"metadata":{{"a":{"9" * 5000}}}}}',
    "a fraction of 5,000 digits": f'{{{NAME},"metadata":{{"a":{"9" * 5000}.5}}}}',
    "an octal number": f'{{{NAME},"metadata":{{"a":010}}}}',
    "a lone surrogate": '{"user_id":"\\ud800","message":"hello"}',
    "a lone surrogate in a message": '{"user_id":"Bob","message":"\\udfff"}',
    "a lone surrogate in a key": f'{{{NAME},"\\ud800":1}}',
    "a raw surrogate": b'{"user_id":"\xed\xa0\x80","message":"hello"}',
    "a NUL in a text": '{"user_id":"Bob\\u0000","message":"hello"}',
    "a raw control character": '{"user_id":"B\x01b","message":"hello"}',
    "a key twice": '{"user_id":"Bob","user_id":"Ann","message":"hello"}',
    "a key twice in escapes": '{"user_id":"Bob","\\u0075ser_id":"Ann","message":"hello"}',
    "a key twice further in": f'{{{NAME},"metadata":{{"a":1,"a":2}}}}',
    "nested 100,000 deep": "[" * 100_000,
    "nested 30,000 deep": "[" * 30_000 + "]" * 30_000,
    "objects 10,000 deep": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "nested 33 deep": f'{{{NAME},"metadata":{"[" * 33}{"]" * 33}}}',
    "metadata of 6 levels": f'{{{NAME},"metadata":{{"a":{{"a":{{"a":{{"a":{{"a":{{}}}}}}}}}}}}}}',
    "invalid UTF-8": b'{"user_id":"\xff\xfe","message":"hello"}',
    "half a character in UTF-8": b'{"user_id":"\xe2\x82","message":"hello"}',
    "an overlong slash": b'{"user_id":"\xc0\xaf","message":"hello"}',
    "a byte order mark": "\ufeff{" + NAME + "}",
    "UTF-16": f"{{{NAME}}}".encode("utf-16"),
    "UTF-16 without a mark": f"{{{NAME}}}".encode("utf-16-le"),
    "UTF-32": f"{{{NAME}}}".encode("utf-32"),
    "an array": "[]",
    "an array of what it should be": f"[{{{NAME}}}]",
    "null": "null",
    "true": "true",
    "a number": "7",
    "a text": '"user_id"',
    "a list for a name": '{"user_id":["Bob"],"message":"hello"}',
    "an object for a name": '{"user_id":{"$ne":null},"message":"hello"}',
    "a number for a name": '{"user_id":7,"message":"hello"}',
    "false for a name": '{"user_id":false,"message":"hello"}',
    "an object for a message": '{"user_id":"Bob","message":{"a":1},"metadata":7}',
    "a number for a message": '{"user_id":"Bob","message":7,"persona":[]}',
    "6,000 keys": "{" + ",".join(f'"{i}":1' for i in range(6_000)) + "}",
    "a text of 70,000 characters": '{"user_id":"' + "x" * 70_000 + '","message":"hello"}',
}
DOORS = {"create": "/api/session/create", "chat": "/api/chat", "undo": "/api/session/Ann/undo"}
TYPES = [
    *("text/plain", "text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
    *("application/xml", "application/json5", "application/problem+json", "application/x-msgpack", "nonsense", ""),
    "text/plain; application/json",
]


@pytest.mark.parametrize(
    ("body", "door"),
    # No body is what undo is called with where the latest clear is meant.
    [(body, door) for body in HOSTILE for door in DOORS if door != "undo" or body not in {"nothing", "null"}],
)
def test_a_hostile_body_is_refused_and_the_next_call_answered(ann: Browser, body: str, door: str) -> None:
    answer = ann.send(Call("POST", DOORS[door], HOSTILE[body]))
    assert answer.status_code == (413 if len(HOSTILE[body]) > strict_json.MAX_BODY_BYTES else 422)
    assert answer.json()["detail"].endswith(".")
    assert len(answer.content) < 4_000
    assert ann.send(Call("GET", "/api/session/Ann/history")).status_code == 200


@pytest.mark.parametrize("frame", [name for name in HOSTILE if HOSTILE[name]])
async def test_a_hostile_frame_is_refused_and_the_socket_lives(ann: Browser, elsewhere: Elsewhere, frame: str) -> None:
    hostile = HOSTILE[frame]
    async with ann.chat("Ann") as tab:
        await tab.expect("welcome")
        if isinstance(hostile, bytes):
            await tab.send_bytes(hostile)
        else:
            await tab.send_text(hostile)
        refused = await tab.expect("error", "message")
        assert refused["code"] in {"invalid_request", "invalid_user_id", "too_large"}
        assert len(json.dumps(refused)) < 2_000
        await tab.send(type="ping")
        await tab.expect("pong")


@pytest.mark.parametrize("kind", TYPES)
def test_a_body_of_another_type_is_refused(ann: Browser, kind: str) -> None:
    answer = ann.client.generic("POST", DOORS["create"], b'{"user_id":"Bob"}', content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_of_another_type_is_refused_that_comes_without_a_length(ann: Browser) -> None:
    chunked = {"Transfer-Encoding": "chunked"}
    answer = ann.client.generic("POST", DOORS["create"], b"", content_type="text/plain", headers=chunked)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_more_than_20_bad_frames_a_minute_are_shown_the_door(elsewhere: Elsewhere, ann: Browser) -> None:
    tab = ann.chat("Ann")
    assert await tab.is_accepted()
    for _ in range(25):
        await tab.send_text("{")
    assert await tab.closed_with() == 4400


async def test_without_the_count_bad_frames_go_on(
    elsewhere: Elsewhere, ann: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "MAX_BAD_FRAMES", 10**9)
    async with ann.chat("Ann") as tab:
        for _ in range(25):
            await tab.send_text("{")
        for _ in range(25):
            await tab.expect("error")


@pytest.mark.parametrize("body", ["a key twice", "a key twice further in", "NaN", "Infinity"])
def test_without_the_strict_parser_a_hostile_body_gets_further(
    raw: redis.Redis, db: None, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    def parse(data: str | bytes, **_: Any) -> Any:
        return json.loads(data)

    monkeypatch.setattr(strict_json, "parse", parse)
    hostile = str(HOSTILE[body]).replace(',"message":"hello"', "")
    answer = Browser().send(Call("POST", DOORS["create"], hostile))
    assert answer.status_code in {201, 500}
