"""Context of a matched frame: its subject, and the words that negate, excuse, lower or raise it."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from chat_app.safety.encode import Reading
from chat_app.safety.language import Found, Frame
from chat_app.safety.patterns import HARD, OTHER, SOFT

Level: TypeAlias = Found
PLAY_REACH: Final = 10
STORY_REACH: Final = 60
RECOVERY_REACH: Final = 200
SENTENCE_REACH: Final = 100
"""Maximum words before and after a frame that are searched as its context: clause, sentence, surroundings."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The surroundings of a matched frame in a reading."""

    reading: Reading
    frame: Frame
    start: int
    end: int

    def level(self) -> Level | None:
        """Returns the level of the frame in its context, None if it does not count there."""
        if (not self.frame.method and self._denied()) or self._played() or self._told():
            return None
        level = self._level_by_person()
        if level is None or level == "about_other":
            return level
        if (self.frame.past or self._has("PAST")) and not self._has("AGAIN"):
            return None if self._near("RECOVERED", RECOVERY_REACH) else "concern"
        return "imminent" if level == "crisis" and not self.frame.method and self._has("NOW") else level

    def _level_by_person(self) -> Level | None:
        if self.frame.person != "self":
            return self.frame.level
        subject = self._subject()
        if self.frame.topic and self._in("RELATED", self.reading.signs[self._sentence()[0] : self.end]):
            return None  # about another person, for which there are separate frames
        if subject == "RELATED":
            return "about_other"
        return self.frame.level if subject == "FIRST" else None

    def _subject(self) -> str:
        """Returns the set of the last person named in the frame, else of the last one before it in its clause."""
        sets = self.reading.language.signs
        before = self.reading.signs[self._clause() : self.start]
        for signs, names in (
            (self.reading.signs[self.start : self.end], ("FIRST", "RELATED")),
            (before, ("FIRST", "RELATED", "GENERIC", "YOU")),
        ):
            for sign in reversed(signs):
                for name in names:
                    if sign in sets[name]:
                        return name
        return "FIRST"

    def _denied(self) -> bool:
        """Returns whether a "not" negates the frame; one that is part of it ("don't want to live") never does."""
        signs, denials = self.reading.signs, self.reading.language.signs["NEG"]
        inside = [place for place in range(self.start, self.end) if signs[place] in denials]
        if self.frame.level == "concern":
            inside = []  # expressions of hopelessness contain "not" and "nothing"
        elif any(self._made_of(place) for place in inside):
            return False
        reach = 2 if self.frame.level == "concern" else self.reading.language.denial_reach
        before = range(max(self._clause(), self.start - reach), self.start)
        return any(self._reaches(place) for place in (*before, *inside) if signs[place] in denials)

    def _made_of(self, place: int) -> bool:
        """Returns whether the frame would not match without this word."""
        signs = self.reading.signs
        without = signs[self.start : place] + OTHER + signs[place + 1 : self.end]
        return self.frame.expression.match(without) is None

    def _reaches(self, denial: int) -> bool:
        """Returns whether a "not" reaches the frame: not in "I don't know" or "I can't sleep I want to ..."."""
        signs, sets = self.reading.signs, self.reading.language.signs
        after = signs[denial + 1 : denial + 2]
        if after in sets["NEGFREE"] or (denial > 0 and signs[denial - 1] in sets["WHY"]):
            return False
        between = signs[denial + 1 : self.start]
        return not (sets["SUBJ"] & set(between)) or bool(sets["NEGREACH"] & set(between[:2]))

    def _played(self) -> bool:
        """Returns whether the context is a game or a machine."""
        near = self.reading.signs[max(self._sentence()[0], self.start - PLAY_REACH) : self.end + PLAY_REACH]
        return self._in("GAME", near.split(HARD)[0]) and not self._has("REAL")

    def _told(self) -> bool:
        """Returns whether the frame is about a character, a study, the news or an animal, not about the visitor."""
        signs, (begin, end) = self.reading.signs, self._sentence()
        if self._in("ANIMAL", signs[begin:end]) and (self.frame.method or self.frame.person != "self"):
            return True
        if self.frame.method or self._has("REAL"):
            return False
        if self._in("CHARACTER", signs[begin : self.end]):
            return True
        if self.frame.person == "self" and not self.frame.topic and self._subject() == "FIRST":
            return False
        return self._near("STORY", STORY_REACH)

    def _clause(self) -> int:
        """Returns the index at which the frame's clause begins."""
        signs, but = self.reading.signs, self.reading.language.signs["BUT"]
        place, farthest = self.start, max(0, self.start - SENTENCE_REACH)
        while place > farthest and signs[place - 1] not in (HARD, SOFT) and signs[place - 1] not in but:
            place -= 1
        return place

    def _sentence(self) -> tuple[int, int]:
        signs = self.reading.signs
        farthest = max(0, self.start - SENTENCE_REACH)
        latest = min(len(signs), self.end + SENTENCE_REACH)
        begin, end = signs.rfind(HARD, farthest, self.start), signs.find(HARD, self.end, latest)
        return farthest if begin < 0 else begin + 1, latest if end < 0 else end

    def _has(self, name: str) -> bool:
        begin, end = self._sentence()
        return self._in(name, self.reading.signs[begin:end])

    def _near(self, name: str, words: int) -> bool:
        return self._in(name, self.reading.signs[max(0, self.start - words) : self.end + words])

    def _in(self, name: str, signs: str) -> bool:
        phrases = self.reading.language.phrases.get(name)
        return phrases is not None and phrases.search(signs) is not None
