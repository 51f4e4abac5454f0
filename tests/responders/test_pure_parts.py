"""What reads an endpoint's words, without an endpoint: it holds wherever a text is cut, and never raises."""

import json
import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.responders.parts import TakenBack, Thought
from chat_app.responders.reasoning import ReasoningSplitter
from chat_app.responders.refusal import json_of, read_refusal
from chat_app.responders.retry_after import LONGEST, seconds_asked_for
from chat_app.responders.sse import Body, EventStream, EventTooLong

PIECES = ("<think>", "</think>", "[THINK]", "[/THINK]", "<", "[", "`", "```\n", "\n", " ", "a", "</thin", "Hi.", "😀")
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


def split(pieces: Sequence[str], *, starts_inside: bool = False) -> tuple[str, str]:
    """Returns answer and reasoning of a text that comes in pieces."""
    splitter = ReasoningSplitter(starts_inside=starts_inside)
    answer, thought = "", ""
    parts = [part for piece in pieces for part in splitter.feed(piece)] + splitter.end()
    for part in parts:
        match part:
            case str():
                answer += part
            case Thought(text):
                thought += text
            case TakenBack():
                answer = ""
    return answer, thought


@given(texts, st.data(), st.booleans())
def test_wherever_a_text_is_cut_its_parts_are_the_same(text: str, data: st.DataObject, inside: bool) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert split(pieces, starts_inside=inside) == split([text], starts_inside=inside)


@pytest.mark.parametrize(
    ("text", "answer", "thought"),
    [
        ("Hi.", "Hi.", ""),
        ("<think>a</think>\n\nHi.", "Hi.", "a"),
        ("a</think>Hi.", "Hi.", "a"),
        ("<think>a", "", "a"),
        ("x < y", "x < y", ""),
        ("One <think>a</think>two", "One two", "a"),
        ("One <think>two", "One <think>two", ""),
        ("Write `<think>` here", "Write `<think>` here", ""),
        ("```\n<think>\n</think>\n```", "```\n<think>\n</think>\n```", ""),
        ("<think>a</think>b</think>c", "bc", "a"),
        ("  indented", "  indented", ""),
    ],
)
def test_what_is_the_answer_and_what_is_reasoning(text: str, answer: str, thought: str) -> None:
    assert split([text]) == (answer, thought)


def test_a_model_that_begins_inside_its_reasoning_may_also_answer_at_once() -> None:
    assert split(["a</think>Hi."], starts_inside=True) == ("Hi.", "a")
    assert split(["<think>a</think>Hi."], starts_inside=True) == ("Hi.", "a")
    assert split(["Hi."], starts_inside=True)[0] == "Hi."


@given(st.text(max_size=60))
def test_whatever_retry_after_says_is_a_bounded_pause_or_none(value: str) -> None:
    pause = seconds_asked_for({"Retry-After": value})
    assert pause is None or (math.isfinite(pause) and 0 <= pause <= LONGEST)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("", None), ("NaN", None), ("inf", None), ("-1", None), ("1e3", None), ("٧", None)],
)
def test_retry_after_is_read_as_seconds(value: str, seconds: float | None) -> None:
    assert seconds_asked_for({"Retry-After": value}) == seconds


def test_a_date_needs_a_zone() -> None:
    assert seconds_asked_for({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert seconds_asked_for({"Retry-After": "Wed, 21 Oct 2015 07:28:00"}) is None
    assert seconds_asked_for({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}) == LONGEST


@given(st.sampled_from([0, 400, 401, 403, 404, 413, 422, 429, 500, 503]), json_values)
def test_whatever_a_refusal_says_is_read(status: int, body: object) -> None:
    refusal = read_refusal(status, body, ("max_tokens", "temperature", "stream"), secret="sk-canary")
    assert all(len(one) <= 80 for one in refusal.identifiers)


@given(st.binary(max_size=200), st.integers(1, 20))
def test_whatever_bytes_come_they_are_events_or_a_named_error(body: bytes, size: int) -> None:
    stream, whole = EventStream(), EventStream()
    cut = [event for at in range(0, len(body), size) for event in stream.feed(body[at : at + size])] + stream.end()
    assert cut == whole.feed(body) + whole.end()


def test_the_first_byte_tells_what_a_response_is_made_of() -> None:
    lines = Body()
    assert lines.feed(b'\xef\xbb\xbf {"a": 1}\n{"b"') == [b'{"a": 1}']
    assert lines.feed(b": 2}\n") == [b'{"b": 2}']
    whole = Body()
    assert whole.feed(b'{\n "a": 1\n}') == []
    assert [json.loads(text) for text in whole.end()] == [{"a": 1}]
    assert whole.is_whole


def test_a_document_without_an_end_is_too_long() -> None:
    with pytest.raises(EventTooLong):
        Body().feed(b"{" + b" " * 2**21)


def test_what_is_no_json_is_none() -> None:
    assert json_of(b"[" * 100_000) is None
    assert json_of(b"\xff") is None
