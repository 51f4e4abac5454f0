"""Swaps first and second person in a visitor's words: "you left me" becomes "I left you"."""

import re

_TURNED = {
    "i": "you",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
    "i'm": "you're",
    "i've": "you've",
    "i'd": "you'd",
    "i'll": "you'll",
    "we": "you",
    "us": "you",
    "our": "your",
    "ours": "yours",
    "ourselves": "yourselves",
    "we're": "you're",
    "we've": "you've",
    "we'd": "you'd",
    "we'll": "you'll",
    "your": "my",
    "yours": "mine",
    "yourself": "myself",
    "you're": "I'm",
    "you've": "I've",
    "you'd": "I'd",
    "you'll": "I'll",
    "am": "are",
}
_BE_AFTER_I = {"was": "were", "wasn't": "weren't"}
_BE_AFTER_YOU = {"are": "am", "were": "was", "aren't": "am not", "weren't": "wasn't"}
_ADVERBS = frozenset("also always just never not only really so still then too truly".split())
_AUXILIARIES = frozenset(
    "are aren't were weren't have haven't had hadn't do don't did didn't can can't could couldn't will "
    "won't would wouldn't should shouldn't may might must".split()
)
# After these a "you" begins a clause and is its subject; elsewhere it is taken for the object.
_CLAUSE_OPENERS = frozenset(
    "after although and as because before but how if once or since so that though unless until what when "
    "where whether which while who why believe guess hope know say said suppose think thought wish".split()
)
_PREPOSITIONS = frozenset(
    "about above around at behind beside between by for from in into like near of on over to toward "
    "towards under with without".split()
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def reflect(text: str) -> str:
    """Returns ``text`` with first and second person swapped, word by word in one pass."""
    words = [match[0].lower() for match in _WORD.finditer(text)]
    turned = iter([_turn(words, index) for index in range(len(words))])
    return _WORD.sub(lambda match: next(turned) or match[0], text)


def _turn(words: list[str], index: int) -> str | None:
    """Returns the replacement of one word, or None if the word stays."""
    word = words[index]
    if word == "you":
        return "I" if _is_subject(words, index) else "me"
    if word in _BE_AFTER_I and any(words[beside] == "i" for beside in _beside(words, index)):
        return _BE_AFTER_I[word]
    if word in _BE_AFTER_YOU and any(_is_subject(words, beside) for beside in _beside(words, index)):
        return _BE_AFTER_YOU[word]
    return _TURNED.get(word)


def _beside(words: list[str], index: int) -> tuple[int, ...]:
    """Returns the indexes of the word before and the word after, stepping back over one adverb."""
    before = index - 2 if index > 1 and words[index - 1] in _ADVERBS else index - 1
    return tuple(beside for beside in (before, index + 1) if 0 <= beside < len(words))


def _is_subject(words: list[str], index: int) -> bool:
    """Returns whether the word is a "you" that is the subject of its clause, not the object."""
    before = words[index - 1] if index else ""
    if words[index] != "you" or before in _PREPOSITIONS:
        return False
    if not before or before in _CLAUSE_OPENERS or before in _AUXILIARIES:
        return True
    after = [word for word in words[index + 1 : index + 3] if word not in _ADVERBS]
    return bool(after) and after[0] in _AUXILIARIES
