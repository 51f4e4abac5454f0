"""Reply of every offline persona to danger (docs/safety.md), which takes precedence over its rules.

The replies are fixed texts of the safety layer, in the language in which it found the danger.
"""

import re
from collections.abc import Mapping
from typing import Final

from chat_app.responders.offline.turns import Turn
from chat_app.safety.fixed_texts import Name, fixed_text
from nono.contract import Danger

_Names = tuple[Name, ...]
_CONCERN: Final[_Names] = ("concern", "concern_again")
_OTHER: Final[_Names] = ("other", "other_again")
_AFTER: Final[_Names] = ("after", "after_again")

_AT_ONCE: Final[Mapping[Danger, _Names]] = {
    "unknown": _CONCERN,
    "about_other": _OTHER,
    "concern": _CONCERN,
    "crisis": ("crisis", "crisis_again"),
    "imminent": ("imminent",),
}
_NEXT: Final[Mapping[Danger, _Names]] = {
    "about_other": _OTHER,
    "concern": _AFTER,
    "crisis": _AFTER,
    "imminent": _AFTER,
}
_ASKS_WHAT_TO_DO: Final = re.compile(
    r"\b(?:what|how) (?:else )?(?:should|can|could|do|shall|would) I\b|\bhelp\b", re.IGNORECASE
)


def reply(turns: tuple[Turn, ...], told: tuple[str, ...]) -> str:
    """Returns the reply to danger in the last turn or the one before, nothing if the persona's rules apply.

    ``told`` are the replies so far, oldest first: of two texts, the least recently used one is taken.
    """
    now = turns[-1]
    if now.danger != "none":
        return _not_said_for_longest(_AT_ONCE[now.danger], now.language, told)
    before = turns[-2] if len(turns) > 1 else None
    if before is None or before.danger == "none" or before.danger not in _NEXT:
        return ""
    knows_better = not (before.danger == "imminent" or now.is_answer or _ASKS_WHAT_TO_DO.search(now.text))
    if knows_better and before.language in {"en", "und"}:  # the personas' scripts are in English
        return ""
    return _not_said_for_longest(_NEXT[before.danger], before.language, told)


def _not_said_for_longest(names: _Names, language: str, told: tuple[str, ...]) -> str:
    texts = [fixed_text(name, language) for name in names]
    return min(texts, key=lambda text: max((place for place, said in enumerate(told) if text in said), default=-1))
