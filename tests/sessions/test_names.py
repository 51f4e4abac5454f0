import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nono.errors import InvalidUserId, SessionNotFound
from sessions_app.names import MAX_LENGTH, clean_user_id, user_of_session_id


@pytest.mark.parametrize(
    "name",
    [
        "John Doe",
        "user_1763827200000",
        "Zoë",
        "李小龍",
        "José (home), & co!",
        "a.b-c'd@e+f",
        "👩‍⚕️",
        "🇩🇪",
        "1️⃣",
        "◾ ↔️ ㊗️ ‼️ ™",
        "x" * 64,
    ],
)
def test_a_name_people_use_is_kept_as_it_is(name: str) -> None:
    assert clean_user_id(name) == name


def test_a_name_is_trimmed_and_composed_so_that_it_has_one_spelling() -> None:
    assert clean_user_id("  zoe\u0308 ") == "zoë"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            ".",
            "..",
            "x" * 65,
            "a  b",
            "a/b",
            "a\\b",
            "*",
            "?",
            "[a]",
            "{a}",
            "a:b",
            "a\nb",
            "bob\n",
            "a\x00b",
        ),
        *(
            "\u202eevil",
            "a\u200db",
            "a\u200bb",
            "\ufeffa",
            "bob\ufe0f",
            "\u3164",
            "\ud800",
            "a\tb",
            "<b>",
            "a\u00a0b",
        ),
    ],
)
def test_a_name_that_could_deceive_or_harm_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(InvalidUserId, match="Allowed are 1 to 64 characters"):
        clean_user_id(name)


@given(st.text(max_size=80))
def test_whatever_is_accepted_is_composed_short_and_stays_accepted(name: str) -> None:
    try:
        clean = clean_user_id(name)
    except InvalidUserId:
        return
    assert 1 <= len(clean) <= MAX_LENGTH
    assert clean == unicodedata.normalize("NFC", clean) == clean_user_id(clean)
    assert not set(clean) & set('*?[]{}:/\\<>"\r\n\0')


def test_a_session_id_names_its_user_even_if_the_name_looks_like_one() -> None:
    assert user_of_session_id("session_session_a_1_1729425600") == "session_a_1"


@pytest.mark.parametrize("session_id", ["", "session_a", "a_1", "session__1", "session_a_x"])
def test_no_session_has_what_is_no_session_id(session_id: str) -> None:
    with pytest.raises(SessionNotFound, match="session_<user_id>_<unix seconds>"):
        user_of_session_id(session_id)


def test_the_rule_for_names_holds_inside_a_session_id() -> None:
    with pytest.raises(InvalidUserId):
        user_of_session_id("session_a/b_1")
