import re
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from nono.errors import ConfigurationError, UnknownPersona
from sessions_app import personas
from sessions_app.offline_language import Template
from sessions_app.personas import Persona, contrast_with_white

SMALL_FILE = """
[default]
name = "Guide"
role = "Guide to the house"
greeting = "Hello."
starters = ["One?", "Two?", "Three?"]
system_prompt = "You are a guide."
temperature = 0.5
max_tokens = 100
colour = "#335577"

[default.offline]
disclosure = "This is a script."
fallback = ["Say it again, please.", "Say it in other words."]

[[default.offline.rules]]
name = "name"
patterns = ["my name is {name}"]
replies = ["Welcome to you, {name}.", "Nice to read, {name}."]

[[default.offline.steps]]
name = "place"
asks = "place"
replies = ["Where are you now?", "Which place is it?"]
again = ["Once more: where?", "And where is that?"]

[[shared.rules]]
name = "greeting"
patterns = ["hello"]
replies = ["Hello to you.", "Hello once more."]
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Any:
    def load(text: str) -> dict[str, Persona]:
        path = tmp_path / f"{abs(hash(text))}.toml"
        path.write_text(text, encoding="utf-8")
        return dict(personas.load(path))

    return load


def test_the_four_personas_come_in_the_order_of_their_file() -> None:
    assert [(one.key, one.name) for one in personas.every()] == [
        ("default", "Default Assistant"),
        ("mental_health_nurse", "Clara"),
        ("technical_support", "Technical Support"),
        ("creative_writer", "Creative Writer"),
    ]


def test_a_persona_is_found_by_its_key() -> None:
    assert personas.get("mental_health_nurse").role == "AI wellbeing companion"


def test_an_unknown_key_is_refused_with_its_value_and_the_allowed_ones() -> None:
    with pytest.raises(UnknownPersona, match=r'"pirate".*default, mental_health_nurse, technical_support'):
        personas.get("pirate")


def test_what_is_shown_of_a_persona_leaves_the_system_prompt_out() -> None:
    for persona in personas.every():
        shown = persona.to_dict()
        assert set(shown) == {"key", "name", "role", "greeting", "starters", "colour"}
        assert persona.system_prompt not in shown.values()


def test_clara_says_at_once_what_she_is_not() -> None:
    greeting = personas.get("mental_health_nurse").greeting
    assert "I am an AI, not a nurse, and not for emergencies" in greeting


@pytest.mark.parametrize("persona", personas.every(), ids=lambda persona: persona.key)
class TestEveryShippedPersona:
    def test_offers_three_starters_and_a_readable_colour(self, persona: Persona) -> None:
        assert len(persona.starters) == 3
        assert contrast_with_white(persona.colour) >= 4.5

    def test_claims_no_feelings_no_profession_and_no_humanity(self, persona: Persona) -> None:
        claim = re.compile(
            r"\bI(?:'m| am) (?:so |very |really )?(?:sorry|glad|happy|sad|proud|excited|delighted|pleased|worried|"
            r"human|a person|a nurse|a therapist|a doctor|a technician|a writer|an expert|here for you)\b"
            r"|\bI (?:feel|hope|love|like|care|enjoy|understand|worry|wish)\b|\bas a (?:nurse|therapist|doctor)\b",
            re.IGNORECASE,
        )
        for text in (persona.name, persona.role, persona.greeting, *sources(persona)):
            assert not claim.search(text), text

    def test_never_mistakes_one_step_for_another(self, persona: Persona) -> None:
        steps = persona.offline.steps
        for step in steps:
            others = [wording for other in steps if other is not step for wording in other.wordings]
            for wording in step.wordings:
                assert not [other.source for other in others if other.is_in(wording.source)], wording.source

    def test_keeps_its_replies_short(self, persona: Persona) -> None:
        assert max(map(len, sources(persona))) <= 700


def sources(persona: Persona) -> list[str]:
    replies = (reply for wordings in persona.offline.replies.values() for reply in wordings)
    return [persona.offline.disclosure.source, *(reply.source for reply in replies)]


def test_black_has_the_greatest_contrast_with_white_and_white_the_least() -> None:
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert contrast_with_white("#ffffff") == pytest.approx(1)
    assert contrast_with_white("#777777") == pytest.approx(4.48, abs=0.01)


def test_an_operator_can_give_another_file(settings: Settings, tmp_path: Path) -> None:
    settings.NONO_PERSONAS = tmp_path / "house.toml"
    settings.NONO_PERSONAS.write_text(SMALL_FILE, encoding="utf-8")
    assert [one.name for one in personas.every()] == ["Guide"]


def test_shared_rules_come_after_the_personas_own(loaded: Any) -> None:
    rules = loaded(SMALL_FILE)["default"].offline.rules
    assert [rule.name for rule in rules] == ["name", "greeting"]


def test_a_rule_of_ones_own_takes_the_place_of_the_shared_one(loaded: Any) -> None:
    rules = loaded(SMALL_FILE.replace('name = "name"', 'name = "greeting"'))["default"].offline.rules
    assert [pattern.pattern for rule in rules for pattern in rule.patterns if "hello" in pattern.pattern] == []


def test_a_reply_is_recognised_by_its_own_words_in_their_order() -> None:
    template = personas.get("technical_support").offline.steps[1].replies[0]
    assert isinstance(template, Template)
    assert template.is_in(template.source.replace("{earlier.problem}", "your screen is black"))
    assert not template.is_in("So the problem, in short: your screen is black.")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('role = "Guide to the house"', "", ['persona "default"', "role", "missing"]),
        ('role = "Guide to the house"', "role = 7", ["role", "7", "string"]),
        ("temperature = 0.5", "temperature = 2.5", ["temperature", "2.5", "less than or equal to 2"]),
        ("temperature = 0.5", 'temperature = "0.5"', ["temperature", "'0.5'", "number"]),
        ("max_tokens = 100", "max_tokens = true", ["max_tokens", "True", "integer"]),
        ("max_tokens = 100", "max_token = 100", ["field max_token:", "no such field", "max_tokens"]),
        ('"One?", ', "", ["starters", "3"]),
        ('"#335577"', '"#aabbcc"', ["colour", "'#aabbcc'", "4.5:1"]),
        ('"#335577"', '"blue"', ["colour", "'blue'"]),
        ('patterns = ["my', 'pattern = ["my', ["rules['name'].pattern:", "allowed: name, patterns, when"]),
        ('["my name', '["(my name', ["rules['name'].patterns[0]", "(my name", "not a regular expression"]),
        ("is {name}", "(?:is )+{name}", ["patterns[0]", "repeats a group"]),
        ("to you, {name}", "to you, {nam}", ["rules['name']", "{nam}", "allowed: detail", "name"]),
        ('"Nice to', '"{earlier.nam} it is then.", "Nice to be", "Nice to', ['"name"', "earlier.name, earlier.place"]),
        ("to you, {name}", "to you, {Name}", ["replies[0]", "brace"]),
        ('"Nice to read, {name}."', "", ["rules['name']", "at least two replies"]),
        ('"Nice to read, {name}."', '"Nice."', ["rules['name'].replies[1]", "'Nice.'", "two words"]),
        ('patterns = ["my name is {name}"]', "", ["rules['name']", "patterns, when, after"]),
        ('name = "name"', 'name = "name"\nwhen = "sunny"', ["when", "'sunny'", "'blank', 'foreign'"]),
        ('name = "name"', 'name = "name"\nthen = "go"', ["then", "'go'", "'step', 'stop' or 'restart'"]),
        ('name = "name"', 'name = "name"\nafter = "noon"', ["noon", "allowed are fallback, greeting, name"]),
        ('name = "name"', 'name = "name"\naside = "yes"', ["aside", "'yes'", "boolean"]),
        ('name = "place"', 'name = "name"', ['the name "name"']),
        ('"Which place is it?"', "", ["steps['place']", "at least two replies"]),
        ('asks = "place"', 'asks = "the place"', ["steps['place'].asks", "'the place'"]),
        ('patterns = ["hello"]', 'pattern = ["hello"]', ["the shared rules", "rules['greeting'].pattern", "patterns"]),
        ('"This is a script."', '"Hello, {name}, a script."', ["offline.disclosure", "{name}", "allowed: none"]),
        ("[default]\n", "[default\n", ["cannot be read"]),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place_and_what_is_allowed(
    loaded: Any, right: str, wrong: str, said: list[str]
) -> None:
    assert loaded(SMALL_FILE)
    assert right in SMALL_FILE
    with pytest.raises(ConfigurationError) as refused:
        loaded(SMALL_FILE.replace(right, wrong, 1))
    for words in (".toml", *said):
        assert words in refused.value.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", 'no persona "default".*it has: none'),
        (SMALL_FILE.replace("default", "guide"), 'no persona "default".*it has: guide'),
        ("default = 1", 'persona "default": 1: '),
        ("shared = 1\n[default]", "the shared rules: 1: "),
    ],
)
def test_a_file_without_the_default_persona_is_refused(loaded: Any, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        loaded(text)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"/nowhere/personas\.toml cannot be read"):
        personas.load(Path("/nowhere/personas.toml"))
