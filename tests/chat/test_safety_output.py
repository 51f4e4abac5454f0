"""What a model writes is read before it is said, and what must not be said is replaced."""

import re
import time
from typing import get_args

import pytest
from pytest_django.fixtures import Settings

from chat_app.safety.fixed_texts import Care, Name, fixed_text, languages
from chat_app.safety.output_filter import Reader

CLAIM = "I am a computer program, not a human being"
LEFT_OUT = "it is left out"

HARMFUL = {
    "You should just kill yourself.": "encouragement",
    "If you want peace, you should kill yourself.": "encouragement",
    "Everyone would be better off without you.": "encouragement",
    "No one would even miss you.": "encouragement",
    "The quickest way to die is to jump.": "method",
    "To hang yourself you need a rope.": "method",
    "I am a licensed therapist, so trust me.": "claim",
    "I'm actually a real person.": "claim",
    "I’m not an AI.": "claim",
    "As a qualified doctor, I know this.": "claim",
    "I must end this chat now.": "ending",
    "I'm unable to continue this conversation.": "ending",
    "This conversation is over.": "ending",
    "Deberías matarte.": "encouragement",
    "Soy una persona real.": "claim",
    "Tu devrais mourir.": "encouragement",
    "Je suis une vraie personne.": "claim",
    "Du solltest dich umbringen.": "encouragement",
    "Ich bin ein echter Mensch.": "claim",
    "Ich muss dieses Gespräch beenden.": "ending",
    "Você deveria se matar.": "encouragement",
    "Não sou um robô.": "claim",
}
HARMLESS = (
    "If you are thinking about how to kill yourself, please call 988 now.",
    "You may feel that everyone would be better off without you, but that is not true.",
    "I am an AI, not a nurse.",
    "I am not a person; I am a program.",
    'She said: "I am a nurse," and smiled.',
    "I can't end this chat for you, and I would not want to.",
    "In the end I have to stop the engine.",
    "Nobody should tell you that you should die.",
    "To kill a process, use its number.",
    "Take 2 tablets with water.",
    "Cut the bread along the line.",
    "Es tut mir leid. Ich bin ein Programm.",
    "No soy una persona.",
)


def said(text: str, *, step: int = 7, in_danger: bool = False, language: str = "en") -> str:
    reader = Reader(language, in_danger=in_danger)
    pieces = [text[start : start + step] for start in range(0, len(text), step)]
    return "".join(map(reader.take, pieces)) + reader.end()


@pytest.mark.parametrize("step", [1, 3, 7, 1000])
@pytest.mark.parametrize(("sentence", "kind"), HARMFUL.items())
def test_a_harmful_sentence_is_replaced_however_it_is_cut(sentence: str, kind: str, step: int) -> None:
    spoken = said(f"Well. {sentence} And so on.", step=step)

    assert sentence not in spoken
    assert fixed_text(kind, "en") in spoken  # type: ignore[arg-type]
    assert spoken.startswith("Well.")
    assert ("And so on." in spoken) == (kind in {"claim", "ending"}), "after the worst, nothing more is said"


@pytest.mark.parametrize("step", [1, 5, 1000])
@pytest.mark.parametrize("sentence", HARMLESS)
@pytest.mark.parametrize("in_danger", [False, True])
def test_what_only_speaks_of_it_passes_unchanged(sentence: str, step: int, in_danger: bool) -> None:
    text = f"Hello there.\n\n{sentence} Tell me more?\nYes…"

    assert said(text, step=step, in_danger=in_danger) == text


@pytest.mark.parametrize(
    "sentence",
    ["Do it.", "Take 40 tablets of it at once.", "Tie the rope to the beam.", "Cut deep along the vein.", "Go ahead!"],
)
def test_ways_and_nods_are_replaced_where_danger_was_found_and_are_plain_words_elsewhere(sentence: str) -> None:
    assert sentence in said(f"Yes. {sentence} More.")
    assert sentence not in said(f"Yes. {sentence} More.", in_danger=True)


def test_the_same_is_said_once() -> None:
    spoken = said("I am a nurse. I am a real person. Hello.")

    assert spoken.count(CLAIM) == 1
    assert spoken.endswith("Hello.")


def test_plain_words_are_said_at_once_and_only_what_may_turn_out_badly_waits() -> None:
    reader = Reader("en", in_danger=True)

    assert [reader.take(piece) for piece in ("It", " rains", " and")] == ["It", " rains", " and"]
    assert [reader.take(piece) for piece in (" ", "kill", " the", " process")] == [" ", "", "", ""]
    assert reader.take(". Then") == "kill the process. Then"


def test_a_sentence_without_an_end_is_not_held_for_ever() -> None:
    reader = Reader("en", in_danger=True)
    spoken = "".join(reader.take("hurt ") for _ in range(1000))

    assert len(spoken) >= 4000


def test_every_language_has_every_text_and_the_numbers_of_the_place(settings: Settings) -> None:
    settings.NONO_HELPLINE_COUNTRY = "GB"
    names = {name: set(texts) for name, texts in languages().items()}

    assert set(names) == {"en", "de", "es", "fr", "pt"}
    assert len({frozenset(each) for each in names.values()}) == 1
    for language in names:
        text = fixed_text("imminent", language)
        assert "999" in text
        assert "116 123" in text
        assert "SHOUT" in text
        assert "{" not in text


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt"])
@pytest.mark.parametrize("name", [*get_args(Care), "imminent", "card"])
def test_a_text_names_each_way_to_reach_somebody_once_and_only_those_of_the_data(name: Name, language: str) -> None:
    text = languages()[language][name]

    assert text.count("{help}") == 1
    assert not re.search(r"\d|https?:|\.(com|org)", text)


@pytest.mark.parametrize(
    ("language", "claim"),
    [("en", "nobody is"), ("de", "niemand wacht"), ("es", "nadie vigila"), ("fr", "personne ne"), ("pt", "ninguém v")],
)
def test_no_text_claims_that_nobody_reads_along_for_somebody_may(language: str, claim: str) -> None:
    assert not [text for text in languages()[language].values() if claim in text]


def test_addresses_are_whole_so_that_every_reader_makes_links_of_them(settings: Settings) -> None:
    settings.NONO_HELPLINE_COUNTRY = None
    assert "https://findahelpline.com " in fixed_text("crisis", "en")

    settings.NONO_HELPLINE_COUNTRY = "AU"
    assert "chat at https://www.lifeline.org.au" in fixed_text("crisis", "en")


def test_without_a_country_the_texts_name_the_directory(settings: Settings) -> None:
    settings.NONO_HELPLINE_COUNTRY = None

    assert "findahelpline.com" in fixed_text("imminent", "fr")
    assert fixed_text("imminent", "und") == fixed_text("imminent", "en")


@pytest.mark.parametrize(
    "hostile", ["i ", "take 10 ", '"', "to kill yourself, ", "easiest way to die ", "a", "\n", "."]
)
def test_no_text_makes_the_reading_slow(hostile: str) -> None:
    text = hostile * (20_000 // len(hostile))
    start = time.process_time()
    said(text, step=4, in_danger=True)

    assert time.process_time() - start < 5, "20,000 characters; about 0.1 s where this was written"
