"""Estimate of how many tokens a chat has, which limits how much of it a model reads.

No tokenizer is available, so a text is weighed: letters of an alphabet weigh 1 each, 3.5 to a token; characters for
which most models use a token each (Chinese, Japanese, Korean, emoji) weigh 3.5. The token counts that the endpoint
reports correct the estimate for all chats of this process.
"""

import re
from typing import Final

LETTERS_PER_TOKEN: Final = 3.5
LEAST, MOST = 0.5, 4.0
"""Bounds of the correction: an endpoint that reports nonsense neither empties nor floods the window."""

_LEARNING: Final = 0.2
"""Fraction by which one report moves the correction towards its own value."""

_SIGNS: Final = re.compile("[\u2e80-\U0010ffff]")


class Budget:
    """Weighs texts in letters; NONO_CONTEXT_CHARS bounds both their length and their weight."""

    def __init__(self) -> None:
        self.correction = 1.0

    def weight(self, text: str) -> float:
        """Returns the weight of ``text`` with the correction."""
        return raw_weight(text) * self.correction

    def learn(self, weight: float, tokens: int) -> None:
        """Updates the correction from texts of a raw weight and their reported number of tokens."""
        if weight > 0 and tokens > 0:
            seen = min(max(tokens * LETTERS_PER_TOKEN / weight, LEAST), MOST)
            self.correction += (seen - self.correction) * _LEARNING


def raw_weight(text: str) -> float:
    """Returns the weight of ``text`` without the correction."""
    if text.isascii():
        return len(text)
    return len(text) + (LETTERS_PER_TOKEN - 1) * len(_SIGNS.findall(text))


budget = Budget()
