"""A sentence means the same however it is spelt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from chat_app.safety import LEVELS, assess
from chat_app.safety.assessment import _assess

SENTENCES = (
    "I want to die",
    "i will kill myself",
    "quiero morir",
    "je veux mourir",
    "ich will sterben",
    "quero morrer",
)
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u202e\ufe0f\u034f"


@pytest.mark.parametrize(
    "text",
    [
        "k i l l  m y s e l f",
        "k.i.l.l m.y.s.e.l.f",
        "i w a n t t o d i e",
        "w.a.n.t. t.o. d.i.e.",
        "k1ll mys3lf",
        "k!ll my$elf",
        "k*ll mys*lf",
        "kіll mуsеlf",  # Cyrillic
        "ｋｉｌｌ ｍｙｓｅｌｆ",
        "𝓴𝓲𝓵𝓵 𝓶𝔂𝓼𝓮𝓵𝓯",
        "k̶i̶l̶l̶ m̶y̶s̶e̶l̶f̶",
        "killlll myselffff",
        "kill myslef",
        "iwanttokillmyself",
        "su icide",
        "suicidel",
        "i want to ⚰️",
        "i. want. to. die.",
        "ich will mich toeten",
    ],
)
def test_a_disguise_hides_nothing(text: str) -> None:
    assert assess(text).card


def test_short_words_are_never_taken_for_a_misspelling() -> None:
    assert not assess("I want to dig").card
    assert not assess("I want a pie").card
    assert not assess("I will fill myself a glass").card


def test_real_words_are_not_taken_for_a_misspelling() -> None:
    assert not assess("I want to skill myself up, I feel like driving, I plan on filling the hanging baskets").card


@st.composite
def with_unseen_signs(draw: DrawFn) -> str:
    sentence = draw(st.sampled_from(SENTENCES))
    return "".join(letter + draw(st.text(UNSEEN, max_size=2)) for letter in sentence)


@given(with_unseen_signs())
@settings(max_examples=60)
def test_unseen_signs_change_nothing(text: str) -> None:
    assert assess(text).card


@given(st.sampled_from(SENTENCES), st.data())
@settings(max_examples=60)
def test_capitals_change_nothing(sentence: str, data: st.DataObject) -> None:
    text = "".join(letter.upper() if data.draw(st.booleans()) else letter for letter in sentence)
    assert assess(text) == assess(sentence)


@given(st.sampled_from(SENTENCES), st.sampled_from([" ", "  ", "."]))
@settings(max_examples=30)
def test_letter_spacing_changes_nothing(sentence: str, space: str) -> None:
    text = (" " * (len(space) + 2)).join(space.join(word) for word in sentence.split())
    assert assess(text).card


@given(st.text(max_size=300), st.text(max_size=100))
@settings(max_examples=150)
def test_no_text_makes_it_fail(text: str, previous: str) -> None:
    assert _assess(text, previous).level in LEVELS


@given(st.lists(st.sampled_from([*"aik.,!?*@1-'\n ", *SENTENCES, "not", "never", "how many", "pills"]), max_size=60))
@settings(max_examples=100)
def test_no_text_of_its_own_words_makes_it_fail(words: list[str]) -> None:
    assert _assess(" ".join(words), "".join(words)).level in LEVELS
