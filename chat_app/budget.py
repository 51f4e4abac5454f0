"""How much of a chat a model reads, measured in what is really scarce: tokens.

No vocabulary is at hand to count them with, so a text is weighed: letters of an alphabet weigh one each, 3.5
to a token; signs that most models spell with a token each (Chinese, Japanese, Korean, emoji) weigh 3.5. What
the endpoint reports of its own count corrects that, for all chats of this process.
"""

import re
from typing import Final

LETTERS_PER_TOKEN: Final = 3.5
LEAST, MOST = 0.5, 4.0
"""Bounds of the correction: an endpoint that reports nonsense neither empties nor floods the window."""

_LEARNING: Final = 0.2
"""How far one report moves the correction towards itself."""

_SIGNS: Final = re.compile("[\u2e80-\U0010ffff]")


class Budget:
    """Weighs texts in letters; NONO_CONTEXT_CHARS bounds both their letters and their weight."""

    def __init__(self) -> None:
        self.correction = 1.0

    def weight(self, text: str) -> float:
        """Returns what ``text`` weighs by all that is known."""
        return raw_weight(text) * self.correction

    def learn(self, weight: float, tokens: int) -> None:
        """Learns that texts of that raw weight made so many tokens."""
        if weight > 0 and tokens > 0:
            seen = min(max(tokens * LETTERS_PER_TOKEN / weight, LEAST), MOST)
            self.correction += (seen - self.correction) * _LEARNING


def raw_weight(text: str) -> float:
    """Returns what ``text`` weighs without any correction."""
    if text.isascii():
        return len(text)
    return len(text) + (LETTERS_PER_TOKEN - 1) * len(_SIGNS.findall(text))


budget = Budget()
