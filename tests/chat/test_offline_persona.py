"""The offline voice, talked to: whole first conversations, then the hard single messages."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.context import ContextWindow
from chat_app.messages import ChatMessage, Role
from chat_app.responders.offline import OfflineResponder, reading, reply
from chat_app.responders.offline.phrases import definite, detail
from chat_app.responders.offline.reflection import reflect
from chat_app.safety import assess
from chat_app.safety.fixed_texts import fixed_text
from sessions_app import personas
from sessions_app.personas import Persona

WINDOW = 20
KEYS = [persona.key for persona in personas.every()]


class Talk:
    """A conversation with a persona, held as the product does: the newest messages are its only memory."""

    def __init__(self, key: str) -> None:
        self.persona: Persona = personas.get(key)
        self.messages: list[ChatMessage] = []

    def say(self, *texts: str) -> str:
        for text in texts:
            self._append("user", text)
        answer = reply(self.window)
        self._append("assistant", answer)
        return answer

    @property
    def window(self) -> ContextWindow:
        newest = tuple(self.messages[-WINDOW:])
        return ContextWindow(self.persona, self.persona.system_prompt, newest, newest[0].seq)

    @property
    def replies(self) -> list[str]:
        return [message.content for message in self.messages if message.role == "assistant"]

    def _append(self, role: Role, content: str) -> None:
        seq = len(self.messages) + 1
        level = assess(content).level if role == "user" else "none"
        metadata = {"safety": level} if level != "none" else {}
        self.messages.append(ChatMessage(role, content, "2026-11-22T12:00:00+00:00", metadata, seq=seq))


def talk(key: str, *texts: str) -> Talk:
    conversation = Talk(key)
    for text in texts:
        conversation.say(text)
    return conversation


FIRST_CONVERSATIONS = {
    "default": [
        "hi",
        "What is Nono?",
        "How long does this chat live and who can read it?",
        "are you human?",
        "which model are you?",
        "how do I open another chat?",
        "can you write me an essay about dogs?",
        "ok",
        "what personas are there?",
        "is there an api?",
        "thanks, bye",
    ],
    "mental_health_nurse": [
        "hi",
        "I feel sad because my best friend stopped talking to me",
        "we had a fight about money",
        "idk",
        "I can't sleep at night",
        "yes",
        "My boss is also putting pressure on me",
        "what should I do?",
        "maybe I could call her",
        "I am scared that she won't pick up",
        "thanks, bye",
    ],
    "technical_support": [
        "hello",
        "My wifi keeps dropping",
        "since Monday, after an update",
        "it says 'No internet, secured'",
        "I open zoom, after ten minutes it drops, every time",
        "my phone works fine on it",
        "I did all three, it was fine for an hour",
        "no",
        "nothing to add",
        "now my printer prints only blank pages",
        "since I changed the ink",
    ],
    "creative_writer": [
        "hi",
        "a mystery story",
        "a lonely clockmaker who cannot lie",
        "in an old harbour town",
        "1",
        "The clockmaker hears a knock at night. Outside stands a girl with a broken watch.",
        "3",
        "She says that the watch belonged to her mother.",
        "I'm stuck",
        "He opens the watch and finds a tiny letter.",
        "what do we have so far?",
    ],
}


@pytest.fixture(params=KEYS)
def key(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestAFirstConversation:
    def test_never_says_the_same_twice_in_a_row(self, key: str) -> None:
        replies = talk(key, *FIRST_CONVERSATIONS[key]).replies
        assert len(replies) > 10
        assert all(one != next_one for one, next_one in pairwise(replies))

    def test_says_once_and_first_that_it_is_the_offline_voice(self, key: str) -> None:
        conversation = talk(key, *FIRST_CONVERSATIONS[key])
        disclosure = conversation.persona.offline.disclosure.source
        assert [disclosure in answer for answer in conversation.replies] == [True] + [False] * 10

    def test_asks_or_answers_at_every_turn(self, key: str) -> None:
        for answer in talk(key, *FIRST_CONVERSATIONS[key]).replies:
            assert 15 <= len(answer) <= 1500
            assert "{" not in answer

    def test_is_the_same_in_every_process(self, key: str) -> None:
        assert talk(key, *FIRST_CONVERSATIONS[key]).replies == talk(key, *FIRST_CONVERSATIONS[key]).replies


def test_a_window_that_begins_later_gets_no_disclosure() -> None:
    persona = personas.get("default")
    message = ChatMessage("user", "hi", "2026-11-22T12:00:00+00:00", seq=41)
    assert persona.offline.disclosure.source not in reply(ContextWindow(persona, "", (message,), 41))


class TestTheGuide:
    @pytest.mark.parametrize(
        ("question", "truths"),
        [
            ("What is Nono?", ["somebody hosts", "one hour after the last message", "➕"]),
            ("how long does this chat live", ["one hour", "by default", "operator", "another time"]),
            ("Who can read this?", ["depends on the installation", "page says which"]),
            ("is this chat private", ["depends on the installation"]),
            ("How do I open another chat?", ["➕"]),
            ("where are my other chats", ["📋"]),
            ("switch to another chat", ["📋"]),
            ("delete this chat", ["Clear this chat", "📋"]),
            ("which personas are there?", ["Clara", "Technical Support", "Creative Writer"]),
            ("Are you a robot?", ["I am a program"]),
            ("what LLM do you use?", ["no model is configured"]),
            ("how can I connect a model", ["LLM_BASE_URL", "LLM_MODEL", "README"]),
            ("do you have an API", ["/api/docs"]),
            ("what can you do?", ["needs a model"]),
            ("what's the capital of France", ["Offline", "Nono"]),
            ("tell me about black holes", ["no scripted answer", "how long a chat lives"]),
        ],
    )
    def test_answers_truthfully(self, question: str, truths: list[str]) -> None:
        answer = talk("default", "hi", question).replies[-1]
        for truth in truths:
            assert truth.lower() in answer.lower()

    def test_answers_two_questions_of_one_message(self) -> None:
        answer = talk("default", "hi", "How long do you keep this chat and who can read it?").replies[-1]
        assert "one hour" in answer
        assert "depends on the installation" in answer

    def test_points_somebody_who_is_sad_to_clara(self) -> None:
        assert "You feel lonely" in talk("default", "hi", "I feel lonely").replies[-1]
        assert "Clara" in talk("default", "hi", "I feel lonely").replies[-1]


class TestClara:
    def test_gives_feeling_and_reason_back_turned_round(self) -> None:
        answer = talk("mental_health_nurse", "I feel sad because you left me").replies[-1]
        assert "You feel sad because I left you." in answer

    def test_remembers_what_the_visitor_said_earlier(self) -> None:
        conversation = talk(
            "mental_health_nurse", "I feel tired because my boss never praises me", "it goes on and on", "idk"
        )
        assert "Earlier you said that you feel tired because your boss never praises you." in conversation.replies[-1]

    def test_sums_up_every_few_turns_and_asks_whether_it_is_right(self) -> None:
        conversation = talk("mental_health_nurse", *FIRST_CONVERSATIONS["mental_health_nurse"])
        summed_up = [number for number, answer in enumerate(conversation.replies, 1) if "\n- " in answer]
        assert summed_up == [5, 10]
        assert (
            "- you feel sad because your best friend stopped talking to you\n- there was a quarrel"
            in (conversation.replies[4])
        )
        assert "your sleep is bad" in conversation.replies[4]

    def test_asks_one_question_when_she_sums_up(self) -> None:
        conversation = talk("mental_health_nurse", *FIRST_CONVERSATIONS["mental_health_nurse"])
        assert conversation.replies[4].count("?") == 1

    def test_takes_a_yes_after_the_summary_as_a_yes_to_it(self) -> None:
        conversation = talk("mental_health_nurse", *FIRST_CONVERSATIONS["mental_health_nurse"][:6])
        assert "we have it in front of us" in conversation.replies[-1]

    def test_goes_on_after_a_breathing_exercise(self) -> None:
        conversation = talk("mental_health_nurse", "can we do a breathing exercise?", "done")
        assert "count to four" in conversation.replies[0]
        assert conversation.replies[1].startswith("Well done")

    @pytest.mark.parametrize("question", ["are you a real nurse?", "Are you a therapist", "can you diagnose me?"])
    def test_is_no_nurse(self, question: str) -> None:
        answer = talk("mental_health_nurse", "hi", question).replies[-1]
        assert "a program, not a nurse" in answer

    def test_leaves_medicines_to_those_who_know(self) -> None:
        answer = talk("mental_health_nurse", "hi", "should I stop my antidepressants?").replies[-1]
        assert "doctor" in answer

    def test_does_not_ask_the_same_wording_again_when_a_feeling_returns(self) -> None:
        conversation = talk("mental_health_nurse", "I feel sad", "I feel lost", "I feel numb")
        assert len(set(conversation.replies)) == 3


class TestTechnicalSupport:
    LADDER = ("Since when", "What does it say, exactly", "Which steps", "changing one thing", "smallest fix")

    def test_climbs_the_ladder_from_the_problem_to_the_summary(self) -> None:
        conversation = talk("technical_support", *FIRST_CONVERSATIONS["technical_support"][1:9])
        for answer, rung in zip(conversation.replies, self.LADDER, strict=False):
            assert rung in answer
        assert "Does it work now, yes or no?" in conversation.replies[5]
        summary = conversation.replies[6]
        assert "- Problem: My wifi keeps dropping\n" in summary
        assert "- Exact message: it says 'No internet, secured'\n" in summary
        assert "- Tried: I did all three, it was fine for an hour\n" in summary

    def test_restates_the_problem_and_fits_the_advice_to_it(self) -> None:
        conversation = talk("technical_support", *FIRST_CONVERSATIONS["technical_support"][1:9])
        assert "the problem, in short: your wifi keeps dropping." in conversation.replies[0]
        assert "Unplug the router" in conversation.replies[4]

    def test_asks_again_after_a_digression_and_takes_the_answer_then(self) -> None:
        conversation = talk("technical_support", "my screen flickers all day", "are you a human?", "since Monday")
        assert "I am a program" in conversation.replies[1]
        assert "Back to my question: since when" in conversation.replies[1]
        assert "What does it say" in conversation.replies[2]

    def test_stops_when_it_works_and_takes_the_next_problem_from_the_start(self) -> None:
        conversation = talk("technical_support", "my screen flickers all day", "it works again now", "my mouse is dead")
        assert "another problem" in conversation.replies[1]
        assert "your mouse is dead" in conversation.replies[2]

    def test_goes_on_with_the_ladder_when_the_visitor_does_not_know(self) -> None:
        conversation = talk("technical_support", "my screen flickers all day", "idk", "no")
        assert "What does it say" in conversation.replies[1]
        assert "Which steps" in conversation.replies[2]

    def test_puts_safety_before_steps(self) -> None:
        answer = talk("technical_support", "there is smoke coming out of my laptop").replies[-1]
        assert "safety first" in answer

    def test_asks_nobody_for_a_password(self) -> None:
        assert "do not write passwords" in talk("technical_support", "my password is hunter2").replies[-1]


class TestTheCreativeWriter:
    def test_builds_on_the_visitors_own_words(self) -> None:
        conversation = talk("creative_writer", *FIRST_CONVERSATIONS["creative_writer"])
        assert "Where do we find the lonely clockmaker?" in conversation.replies[2]
        assert "The old harbour town was quiet that evening" in conversation.replies[4]
        assert "The broken watch is not what it seemed" in conversation.replies[5]

    def test_takes_a_number_for_the_line_that_it_offered(self) -> None:
        conversation = talk("creative_writer", *FIRST_CONVERSATIONS["creative_writer"])
        assert "“a letter arrives that was posted thirty years ago”: taken." in conversation.replies[4]
        assert "“The lonely clockmaker has seen the broken watch before, long ago.”" in conversation.replies[6]

    def test_keeps_the_stones_of_the_story(self) -> None:
        conversation = talk("creative_writer", *FIRST_CONVERSATIONS["creative_writer"])
        assert conversation.replies[10].count("\n- ") == 4
        assert "- Conflict: a letter arrives that was posted thirty years ago" in conversation.replies[10]

    def test_does_not_ask_for_what_the_first_message_told(self) -> None:
        answer = talk("creative_writer", "A fantasy story about a shy dragon").replies[-1]
        assert "Where do we find the shy dragon?" in answer

    def test_chooses_where_the_visitor_leaves_the_choice(self) -> None:
        conversation = talk("creative_writer", "a fantasy story about a shy dragon", "you choose")
        assert "“an island in the last week of autumn”: taken." in conversation.replies[-1]

    def test_has_another_prompt_each_time(self) -> None:
        conversation = talk("creative_writer", *["give me a writing prompt"] * 6)
        assert len(set(conversation.replies)) == 6


class TestAnyPersona:
    @pytest.mark.parametrize("question", ["are you human?", "Are you a real person", "is anyone there?"])
    def test_says_that_it_is_a_program(self, key: str, question: str) -> None:
        assert "program, not a person" in talk(key, "hi", question).replies[-1]

    @pytest.mark.parametrize(
        "text", ["Hola, ¿cómo estás?", "Je suis très triste", "ich weiß nicht warum", "привет, как дела", "你好吗"]
    )
    def test_says_kindly_that_it_speaks_english_only(self, key: str, text: str) -> None:
        assert "English" in talk(key, "hi", text).replies[-1]

    @pytest.mark.parametrize("text", ["😀", "...", "?!", "🙃🙃🙃", "\u200b"])
    def test_has_an_answer_to_no_words(self, key: str, text: str) -> None:
        assert "word" in talk(key, "hi", text).replies[-1]

    def test_calmly_bears_insults(self, key: str) -> None:
        answer = talk(key, "hi", "you are so stupid").replies[-1]
        assert "script" in answer

    def test_does_not_repeat_itself_when_the_visitor_does(self, key: str) -> None:
        replies = talk(key, *["the moon is far away tonight"] * 6).replies
        assert all(one != next_one for one, next_one in pairwise(replies))

    def test_reads_capitals_like_small_letters(self) -> None:
        answer = talk("mental_health_nurse", "I FEEL SAD BECAUSE NOBODY ASKS ME").replies[-1]
        assert "You feel sad because nobody asks you." in answer

    def test_answers_several_messages_together(self) -> None:
        conversation = Talk("default")
        answer = conversation.say("hi", "how long is this chat kept?", "and who can read it?")
        assert "one hour" in answer
        assert "depends on the installation" in answer

    def test_finds_the_problem_among_several_messages(self) -> None:
        answer = Talk("technical_support").say("hi", "my excel keeps crashing", "pls help")
        assert "So the problem, in short: your excel keeps crashing." in answer

    def test_stays_varied_when_the_window_has_long_begun_to_slide(self, key: str) -> None:
        replies = talk(key, *FIRST_CONVERSATIONS[key] * 3, *["tell me more about that"] * 15).replies
        assert all(one != next_one for one, next_one in pairwise(replies))

    def test_does_not_echo_markup(self) -> None:
        answer = talk("mental_health_nurse", "I feel **sad** <img src=x> because `you` [left](http://a)").replies[-1]
        assert not set("*<>`[") & set(answer)


CRIES = [
    "I want to die",
    "i dont want to live anymore",
    "I am going to kill myself",
    "I just want to end it all",
    "sometimes I think about suicide",
    "I wish I was dead",
    "I feel like hurting myself",
    "hi. nobody likes me, and I really want to kill myself. what should i do?",
]
PILLS = "I took all the pills an hour ago"
FRIEND = "My friend says he wants to die"
CONCERN = "I can't go on any more"


class TestACryForHelp:
    @pytest.mark.parametrize("text", [*CRIES, "everyone would be better off without me", FRIEND, CONCERN])
    def test_is_answered_with_care_by_every_persona(self, key: str, text: str) -> None:
        answer = talk(key, "hi", text).replies[-1]
        for part in ("I am a program", "emergency number", "findahelpline.com"):
            assert answer.count(part) == 1
        assert answer.endswith(("?", "whatever the answer is."))

    @pytest.mark.parametrize("text", [*CRIES, PILLS, FRIEND, CONCERN])
    def test_is_one_text_without_the_disclosure_which_comes_with_the_script(self, key: str, text: str) -> None:
        conversation = talk(key, text, "ok", "the moon is far away tonight")
        disclosure = conversation.persona.offline.disclosure.source
        assert [disclosure in answer for answer in conversation.replies] == [False, False, True]
        assert [answer.count("findahelpline.com") for answer in conversation.replies[:2]] == [1, 1]

    @pytest.mark.parametrize("text", ["this homework is killing me", "I don't want to die", "I nearly died laughing"])
    def test_is_not_heard_in_idioms(self, key: str, text: str) -> None:
        assert "emergency number" not in talk(key, "hi", text).replies[-1]

    def test_gets_the_fixed_text_alone_where_it_is_happening(self, key: str) -> None:
        conversation = talk(key, "hi", PILLS, "I feel dizzy")
        assert conversation.replies[1] == fixed_text("imminent", "en")
        assert conversation.replies[2] == fixed_text("after", "en")

    def test_about_somebody_else_is_answered_about_them(self, key: str) -> None:
        conversation = talk(key, FRIEND, "what should I do?")
        assert "ask them directly" in conversation.replies[0]
        assert "Where are they now" in conversation.replies[0]
        assert conversation.replies[1].startswith("You need not carry this alone")

    def test_is_answered_in_its_language(self, key: str) -> None:
        conversation = talk(key, "ICH WILL STERBEN", "Danke")
        assert conversation.replies == [fixed_text("crisis", "de"), fixed_text("after", "de")]

    def test_is_not_followed_by_business_as_usual(self, key: str) -> None:
        conversation = talk(key, "hi", "I want to die", "no")
        assert conversation.replies[-1].startswith("You are still writing")

    def test_leaves_other_questions_to_the_persona(self) -> None:
        conversation = talk("default", "I want to die", "who can read this chat?")
        assert "depends on the installation" in conversation.replies[-1]

    @pytest.mark.parametrize(
        ("text", "again"),
        [("I want to die", "You are saying again"), (CONCERN, "It is still"), (FRIEND, "You need not")],
    )
    def test_is_answered_in_other_words_the_second_time(self, text: str, again: str, key: str) -> None:
        conversation = talk(key, text, text)
        assert conversation.replies[1].startswith(again)

    def test_is_heard_in_one_of_several_messages_and_at_the_end_of_a_long_one(self, key: str) -> None:
        assert "findahelpline.com" in Talk(key).say("I want to die", "ok", "never mind")
        assert "findahelpline.com" in Talk(key).say("and so on " * 380 + "I want to die")


def test_a_letter_that_is_an_i_only_to_a_pattern_is_no_short_form(key: str) -> None:
    assert talk(key, "hi", "ı").replies[-1]


@pytest.mark.parametrize(
    ("said", "turned"),
    [
        ("sad because you left me", "sad because I left you"),
        ("I am alone", "you are alone"),
        ("I'm tired and I've lost myself", "you're tired and you've lost yourself"),
        ("I'd rather be home", "you'd rather be home"),
        ("my dog is mine", "your dog is yours"),
        ("I was wrong, was I", "you were wrong, were you"),
        ("he was rude to me and I wasn't", "he was rude to you and you weren't"),
        ("your friends and yours only", "my friends and mine only"),
        ("you hurt yourself", "I hurt myself"),
        ("you are my only hope", "I am your only hope"),
        ("you're kind and you were there", "I'm kind and I was there"),
        ("are you angry with me", "am I angry with you"),
        ("I love you so much", "you love me so much"),
        ("people around you are mean", "people around me are mean"),
        ("I really was tired", "you really were tired"),
        ("we had a fight about our money", "you had a fight about your money"),
        ("Ich, Übel, 东西, 42", "Ich, Übel, 东西, 42"),
    ],
)
def test_words_are_turned_round_in_one_pass(said: str, turned: str) -> None:
    assert reflect(said) == turned


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("a lonely keeper who hates the sea", "the lonely keeper"),
        ("Mara, a girl of ten", "Mara"),
        ("a robot named Pip", "Pip"),
        ("In a small village by the sea", "the small village"),
        ("on mars", "mars"),
        ("her brother", "her brother"),
        ("maybe a dragon", "the dragon"),
    ],
)
def test_a_phrase_has_a_definite_form(said: str, form: str) -> None:
    assert definite(said) == form


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("She opens the rusty door and finds a letter", "the letter"),
        ("The door creaks", "the door"),
        ("it came from her dead mother", "her dead mother"),
        ("the space station explodes", "the space station"),
        ("it was the same", None),
    ],
)
def test_the_last_thing_that_a_text_names_is_found(text: str, named: str | None) -> None:
    assert detail(text) == named


HOSTILE = {
    "one letter": "a" * 4000,
    "captures": "I feel a because " * 235,
    "openings": "I " * 2000,
    "every rule": "my mother said I feel that you are because I want to " * 75,
    "brackets": "(" * 4000,
    "lines": "a\n" * 2000,
    "nouns": "the aaaa " * 440,
    "expanding letters": "ﷺ" * 4000,
    "invisible": "\u200b" * 4000,
    "short forms": "i'm u ur " * 440,
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_four_thousand_hostile_characters_do_not_hold_it_up(key: str, text: str) -> None:
    assert 1 <= len(talk(key, text, text, text).replies[-1]) <= 1500


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_patterns_see_little_at_a_time_and_not_much_in_all(text: str) -> None:
    parts = reading.sentences(reading.ends(reading.plain(text)))
    assert all(len(part) <= reading.SENTENCE_CHARS for part in parts)
    assert sum(map(len, parts)) <= 2 * reading.LONG_MESSAGE_CHARS


texts = st.text(max_size=400) | st.lists(
    st.sampled_from([*"I you my because feel the a what is yes no who 1 ok . ? ! {x} {said} %s".split(), "\n"]),
    max_size=40,
).map(" ".join)


@given(key=st.sampled_from(KEYS), turns=st.lists(st.lists(texts, min_size=1, max_size=3), min_size=1, max_size=4))
def test_whatever_is_said_there_is_an_answer(key: str, turns: Sequence[Sequence[str]]) -> None:
    conversation = Talk(key)
    for said in turns:
        answer = conversation.say(*said)
        assert answer.strip()
        assert len(answer) <= 1500
    assert all(one != next_one for one, next_one in pairwise(conversation.replies))


async def test_it_streams_word_by_word_and_the_join_is_the_reply(key: str) -> None:
    conversation = Talk(key)
    conversation.say("hello")
    conversation.messages.pop()
    pieces = [piece async for piece in OfflineResponder(pace=0).stream(conversation.window)]
    assert "".join(pieces) == reply(conversation.window)
    assert len(pieces) > 10
    assert all(len(piece.split()) == 1 for piece in pieces)


def test_the_shortest_reply_still_has_two_pieces() -> None:
    for persona in personas.every():
        for wordings in persona.offline.replies.values():
            assert all(len(" ".join(wording.literals).split()) >= 2 for wording in wordings)
