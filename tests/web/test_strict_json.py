import pytest

from nono.errors import InvalidRequest, TooLarge
from nono.web.strict_json import MAX_BODY_BYTES, MAX_DEPTH, parse


@pytest.mark.parametrize(
    ("text", "value"), [('{"a":[1,2.5,null]}', {"a": [1, 2.5, None]}), (b'"\xc3\xab"', "ë"), ("{}", {})]
)
def test_plain_json_is_read(text: str | bytes, value: object) -> None:
    assert parse(text) == value


def test_nesting_is_allowed_up_to_the_bound_and_refused_over_it() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(InvalidRequest, match=f"deeper than {MAX_DEPTH}"):
        parse("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "{",
            "nul",
            "NaN",
            "Infinity",
            "-Infinity",
            "1e999",
            '"\\ud800"',
            '{"a":1,"a":2}',
            "\ufeff{}",
            "9" * 5000,
        ),
        *(b"\xff", '{"a":1}'.encode("utf-16"), "[" * 30_000, '{"a":' * 10_000),
    ],
)
def test_what_would_break_later_is_refused_at_once(text: str | bytes) -> None:
    with pytest.raises(InvalidRequest):
        parse(text)


def test_a_body_over_its_bound_is_refused_by_its_size() -> None:
    with pytest.raises(TooLarge, match=str(MAX_BODY_BYTES)):
        parse('"' + "x" * MAX_BODY_BYTES + '"')
