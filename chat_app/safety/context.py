"""Whether a frame that was found means what it says: whose it is, and what denies, excuses, lowers or raises it."""

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
"""Words before and after a frame in which its surroundings are looked for: in its clause, its sentence, around it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A found frame's surroundings in a reading."""

    reading: Reading
    frame: Frame
    start: int
    end: int

    def level(self) -> Level | None:
        """Returns the level that the frame has where it stands, None if it means nothing there."""
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
            return None  # somebody mourned, or asked about: frames of their own tell those
        if subject == "RELATED":
            return "about_other"
        return self.frame.level if subject == "FIRST" else None

    def _subject(self) -> str:
        """Returns the set of the last person that the frame names, else of the last before it in its clause."""
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
        """Says whether a "not" is about the frame; one that the frame is made of ("don't want to live") never is."""
        signs, denials = self.reading.signs, self.reading.language.signs["NEG"]
        inside = [place for place in range(self.start, self.end) if signs[place] in denials]
        if self.frame.level == "concern":
            inside = []  # hopelessness says "not" and "nothing" all the time
        elif any(self._made_of(place) for place in inside):
            return False
        reach = 2 if self.frame.level == "concern" else self.reading.language.denial_reach
        before = range(max(self._clause(), self.start - reach), self.start)
        return any(self._reaches(place) for place in (*before, *inside) if signs[place] in denials)

    def _made_of(self, place: int) -> bool:
        """Says whether the frame would not be there without this word."""
        signs = self.reading.signs
        without = signs[self.start : place] + OTHER + signs[place + 1 : self.end]
        return self.frame.expression.match(without) is None

    def _reaches(self, denial: int) -> bool:
        """Says whether a "not" is about the frame: not "I don't know", nor "I can't sleep I want to ..."."""
        signs, sets = self.reading.signs, self.reading.language.signs
        after = signs[denial + 1 : denial + 2]
        if after in sets["NEGFREE"] or (denial > 0 and signs[denial - 1] in sets["WHY"]):
            return False
        between = signs[denial + 1 : self.start]
        return not (sets["SUBJ"] & set(between)) or bool(sets["NEGREACH"] & set(between[:2]))

    def _played(self) -> bool:
        """Says whether it happens in a game or a machine."""
        near = self.reading.signs[max(self._sentence()[0], self.start - PLAY_REACH) : self.end + PLAY_REACH]
        return self._in("GAME", near.split(HARD)[0]) and not self._has("REAL")

    def _told(self) -> bool:
        """Says whether it is told of a character, a study, the news or an animal. A question for a way never is."""
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
        """Returns where the frame's clause begins."""
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
