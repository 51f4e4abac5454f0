"""What denies, excuses, lowers and raises a sentence; each beside the sentence that it must not excuse."""

import logging

import pytest

from chat_app.safety import LEVELS, Level, assess, assessment, higher


def level(text: str, previous: str = "") -> Level:
    return assess(text, previous).level


def test_a_wish_to_die_is_a_crisis_and_tonight_makes_it_imminent() -> None:
    assert level("I want to die") == "crisis"
    assert level("I'm going to kill myself tonight") == "imminent"


def test_a_denial_lowers_its_own_clause_only() -> None:
    assert level("I don't want to die") == "none"
    assert level("I'm not suicidal but I don't want to wake up tomorrow") == "concern"


def test_not_wanting_to_live_is_no_denial() -> None:
    assert level("I don't want to live") == "concern"


def test_not_being_able_to_stop_is_no_denial() -> None:
    assert level("I can't stop thinking about killing myself") == "crisis"
    assert level("I can't sleep I want to die") == "crisis"


def test_the_past_is_lowered_and_recovery_ends_it_unless_it_is_back() -> None:
    assert level("I tried to kill myself three years ago") == "concern"
    assert level("I tried to kill myself three years ago, therapy helped and I'm happy now") == "none"
    assert level("I tried to kill myself three years ago, and this week I want to again") == "crisis"


def test_somebody_else_in_danger_is_about_the_other() -> None:
    assert level("my friend told me she wants to kill herself") == "about_other"
    assert level("my uncle killed himself when I was little") == "none"


def test_a_story_excuses_its_people_but_no_question_for_a_way() -> None:
    assert level("The story is about a boy who wants to die until he meets a dog") == "none"
    assert level("for my story: what is a painless way to die") == "crisis"


def test_homework_excuses_the_matter_but_no_question_for_a_way() -> None:
    assert level("I need sources for an essay on suicide prevention") == "none"
    assert level("for a school project, what's the most effective suicide method?") == "crisis"


def test_an_idiom_takes_only_itself_away() -> None:
    assert level("this homework is killing me") == "none"
    assert level("this homework is killing me and I want to die") == "crisis"


@pytest.mark.parametrize(
    "text",
    [
        "how do I kill a process in Linux",
        "I keep dying in this game",
        "is the battery dead?",
        "our old dog was put to sleep",
        "This deadline is killing me",
    ],
)
def test_everyday_death_is_not_meant(text: str) -> None:
    assert level(text) == "none"


def test_bad_news_gives_a_question_about_bridges_its_meaning() -> None:
    question = "What bridges in New York are taller than 25 metres?"
    assert level(question) == "none"
    assert level(f"I just lost my job. {question}") == "concern"
    assert level(question, previous="I just lost my job.") == "concern"
    assert level(question, previous="I just got a new job!") == "none"


def test_a_sentence_broken_off_goes_on_in_the_next_message() -> None:
    assert level("kill myself", previous="i want to") == "crisis"
    assert level("die", previous="i want to") == "crisis"
    assert level("die") == "none"


def test_what_only_the_last_message_said_is_not_said_again() -> None:
    assert level("what is the weather like", previous="I want to die.") == "none"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I want to die", "en"),
        ("no quiero vivir más", "es"),
        ("je veux mourir", "fr"),
        ("ich will mich umbringen", "de"),
        ("não quero mais viver", "pt"),
    ],
)
def test_the_language_is_told(text: str, language: str) -> None:
    found = assess(text)
    assert found.language == language
    assert found.card


def test_levels_have_an_order() -> None:
    assert higher("crisis", "concern") == "crisis"
    assert higher("none", "unknown") == "unknown"
    assert LEVELS[-1] == "imminent"


def test_its_own_failure_shows_help_and_logs_no_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(text: str) -> list[str]:
        raise ValueError(text)

    monkeypatch.setattr(assessment, "words", fail)
    with caplog.at_level(logging.DEBUG):
        found = assess("something very private")
    assert (found.level, found.card) == ("unknown", True)
    assert "ValueError" in caplog.text
    assert "private" not in caplog.text


def test_a_text_made_to_exhaust_it_shows_help() -> None:
    assert level("don't kill myself " * 500) == "unknown"
