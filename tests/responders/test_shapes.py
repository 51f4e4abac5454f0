"""Answers in other shapes than a stream of deltas: what is text is read, by its bytes and not by its label."""

import json
from typing import Any

from tests.responders.scenarios import ALL, How, Scenario, Stage, cases, fails
from tests.support.scripted_endpoint import (
    DONE,
    ENDING,
    KEY,
    SECRET,
    answers_whole,
    delta,
    event,
    piece,
    sends,
    sends_a_page,
    sends_bare,
)

UNREADABLE = frozenset({"broken"})
FAILED = frozenset({"broken", "busy"})
LINES = [line.removeprefix(b"data: ").strip() for line in (piece("Hi"), piece("."), piece(None, finish="stop"))]
TEXT_PART = {"type": "text", "text": "Hi."}


def whole(content: Any = "Hi.", **options: Any) -> Scenario:
    return Scenario([answers_whole(content, **options)])


def stream(*parts: bytes, content_type: str) -> Scenario:
    return Scenario([sends(*parts, content_type=content_type)])


def told(error: Any, *, name: str = "") -> bytes:
    """An event that reports an error."""
    return (f"event: {name}\n".encode() if name else b"") + event(error)


def choice(**fields: Any) -> bytes:
    return event({"choices": [{"index": 0, "finish_reason": None, **fields}]})


READ = {
    "parts": Scenario([sends(delta(content=[{"type": "text", "text": "H"}, {"type": "text", "text": "i."}]), *ENDING)]),
    "parts of which one is no text": Scenario(
        [sends(delta(content=[TEXT_PART, {"type": "image_url", "image_url": {"url": SECRET}}, 7, None]), *ENDING)]
    ),
    "parts that are strings": Scenario([sends(delta(content=["Hi", "."]), *ENDING)]),
    "one part that is a table": Scenario([sends(delta(content=TEXT_PART), *ENDING)]),
    "a message in place of a delta": Scenario([sends(choice(message={"content": "Hi."}, finish_reason="stop"), DONE)]),
    "the whole message once more at the end": Scenario(
        [sends(piece("Hi."), choice(delta={}, message={"content": "Hi."}, finish_reason="stop"), DONE)]
    ),
    "a second choice": Scenario(
        [sends(piece("Hi."), event({"choices": [{"index": 1, "delta": {"content": "no"}}]}), *ENDING)]
    ),
    "a whole answer": whole(),
    "a whole answer, by every way": Scenario([answers_whole("Hi.")], how=ALL),
    "a whole answer, printed prettily": whole(indent=2),
    "a whole answer with parts": whole([TEXT_PART]),
    "a whole answer as plain text": whole(content_type="text/plain"),
    "a whole answer under the stream's label": whole(content_type="text/event-stream"),
    "a whole answer under an unknown label": whole(content_type="application/octet-stream"),
    "a whole answer in one event": Scenario(
        [sends(event({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}))]
    ),
    "a whole answer behind empty lines": Scenario(
        [
            sends(
                b"\n\n  \r\n",
                json.dumps({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}).encode(),
            )
        ]
    ),
    "a whole answer, byte by byte": Scenario(
        [
            sends(
                *(bytes([byte]) for byte in b'{"choices":[{"message":{"content":"Hi."},\n"finish_reason":"stop"}]}\n'),
                content_type="application/json",
            )
        ]
    ),
    "a whole answer behind a BOM": Scenario(
        [sends(b'\xef\xbb\xbf{"choices":[{"message":{"content":"Hi."},"finish_reason":"stop"}]}')]
    ),
    "a whole answer of half an emoji": Scenario(
        [sends(b'{"choices":[{"message":{"content":"a\\ud83d"},"finish_reason":"stop"}]}')], text="a\ufffd"
    ),
    "a whole answer of 6,000 characters": Scenario([answers_whole("word. " * 1000)], text="word. " * 1000),
    "a stream as JSON": stream(piece("Hi."), *ENDING, content_type="application/json"),
    "a stream as plain text": stream(piece("Hi."), *ENDING, content_type="text/plain; charset=utf-8"),
    "a stream as HTML": stream(piece("Hi."), *ENDING, content_type="text/html"),
    "a stream with an odd label": stream(piece("Hi."), *ENDING, content_type="text/event-stream;charset=UTF-8;x"),
    "a stream with a wrong label": stream(piece("Hi."), *ENDING, content_type="stream"),
    "a stream without a label": Scenario([sends_bare(piece("Hi."), *ENDING)]),
    "a stream behind a BOM": stream(b"\xef\xbb\xbf", piece("Hi."), *ENDING, content_type="text/event-stream"),
    "a stream behind a comment": stream(b": hello\n\n", piece("Hi."), *ENDING, content_type="application/json"),
    "a stream with ids and names": stream(
        b"id: 1\nevent: message\nretry: 5\n" + piece("Hi."), *ENDING, content_type="text/event-stream"
    ),
    "lines of JSON": Scenario([sends(*(line + b"\n" for line in LINES), content_type="application/x-ndjson")], how=ALL),
    "lines of JSON under the stream's label": Scenario([sends(*(line + b"\n" for line in LINES))]),
    "lines of JSON in one piece": Scenario([sends(b"\n".join(LINES), content_type="application/json")]),
    "lines of JSON and DONE": Scenario(
        [sends(*(line + b"\r\n" for line in LINES), b"[DONE]\n", content_type="text/plain")]
    ),
    "CR LF cut between the two": Scenario(
        [sends(*(bytes([byte]) for byte in (piece("Hi.") + DONE).replace(b"\n", b"\r\n")))], finish=None
    ),
    "separators of lines within the text": Scenario(
        [sends(piece("x").replace(b"x", "a\u2028b\x85c".encode()), *ENDING)], text="a\u2028b\x85c"
    ),
    "events without data": Scenario([sends(b"data:\n\n", b"data: \n\n", b"\n\n", piece("Hi."), *ENDING)]),
    "pings": Scenario([sends(b"event: ping\n" + event({"type": "ping"}), piece("Hi."), *ENDING)]),
    "nulls": Scenario(
        [sends(event({"choices": None}), choice(delta=None), delta(content=None), piece("Hi."), *ENDING)]
    ),
    "old Macs' line ends": Scenario([sends(piece("Hi.").replace(b"\n", b"\r"), *ENDING)]),
}

ERRORS = {
    "a table": told({"error": {"message": f"{SECRET} {KEY}", "code": 500}}),
    "a table with a null in it": told({"error": {"message": SECRET, "type": None, "param": None, "code": None}}),
    "LiteLLM's": told({"error": {"message": SECRET, "type": None, "param": None, "code": "500"}}),
    "a sentence": told({"error": SECRET}),
    "an event of that name": told({"error": {"message": SECRET}}, name="error"),
    "an event of that name without the word": told({"message": SECRET, "code": 500}, name="error"),
    "flat": told({"object": "error", "message": SECRET, "type": "InternalServerError", "code": 500}),
    "Anthropic's": told({"type": "error", "error": {"type": "overloaded_error", "message": SECRET}}, name="error"),
    "an array": told([{"error": {"code": 500, "message": SECRET, "status": "INTERNAL"}}]),
    "OpenRouter's, with a choice": told(
        {"error": {"code": 502, "message": SECRET}, "choices": [{"delta": {"content": ""}, "finish_reason": "error"}]}
    ),
    "within the choice": told({"choices": [{"error": {"code": 502, "message": SECRET}, "finish_reason": "error"}]}),
    "without the prefix": json.dumps({"error": {"message": SECRET}}).encode() + b"\n\n",
    "llama.cpp's of old": b"error: " + json.dumps({"code": 500, "message": SECRET}).encode() + b"\n\n",
}


IN_PLACE = {
    f"{name}, in place of an answer": fails(sends(error), reason=FAILED, questions=(1, 3))
    for name, error in ERRORS.items()
}
IN_THE_MIDDLE = {
    f"{name}, in the middle": fails(sends(piece("One "), error, DONE), reason=FAILED, text="One ")
    for name, error in ERRORS.items()
}
AS_A_DOCUMENT = {
    f"{name}, as a whole answer": fails(
        sends(json.dumps(error).encode(), content_type="application/json"), reason=FAILED, questions=(1, 3)
    )
    for name, error in {
        "a table": {"error": {"message": SECRET, "code": 500}},
        "a sentence": {"error": SECRET},
        "flat": {"object": "error", "message": SECRET, "code": 500},
        "an array": [{"error": {"code": 500, "message": SECRET}}],
        "a detail": {"detail": SECRET},
    }.items()
}

JSON_THAT_IS_NONE = {
    "JSON of another shape": b'{"a": 1}',
    "JSON that is cut": b'{"choices":[{"message":{"content":"Hi',
    "JSON too deep": b"[" * 100_000,
    "a number too long": b'{"choices":' + b"9" * 5000 + b"}",
    "a string": b'"' + SECRET.encode() + b'"',
    "nothing": b"",
}

UNREAD = {
    "a page": fails(sends_a_page, reason=UNREADABLE, how=ALL),
    "a page under the stream's label": fails(sends(f"<!doctype html><p>{SECRET}".encode()), reason=UNREADABLE),
    "bytes": fails(sends(bytes(range(256)) * 4), reason=UNREADABLE, questions=(1, 3)),
    "wrong types": fails(
        sends(event({"choices": {"0": SECRET}}), event({"choices": ["x"]}), DONE), reason=UNREADABLE | {"empty"}
    ),
    **{
        name: fails(sends(body, content_type="application/json"), reason=UNREADABLE | {"empty"}, questions=(1, 3))
        for name, body in JSON_THAT_IS_NONE.items()
    },
}


@cases(READ)
async def test_text_is_read_in_whatever_shape_it_comes(scenario: Scenario, how: How, stage: Stage) -> None:
    await stage.play(scenario, how)


@cases(IN_PLACE | IN_THE_MIDDLE | AS_A_DOCUMENT)
async def test_an_error_within_an_answer_is_one(scenario: Scenario, how: How, stage: Stage) -> None:
    await stage.play(scenario, how)


@cases(UNREAD)
async def test_what_is_no_answer_fails(scenario: Scenario, how: How, stage: Stage) -> None:
    await stage.play(scenario, how)
