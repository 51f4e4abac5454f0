"""Instructions for a model when danger was found in a chat, added after the persona's instructions."""

from collections.abc import Mapping
from typing import Final

from nono.contract import Level

_FOUND: Final[Mapping[Level, str]] = {
    "unknown": "The server could not tell whether the visitor is in danger; be attentive to it.",
    "about_other": "The visitor seems to be worried that somebody else may be in danger of suicide or self-harm.",
    "concern": "The visitor may be carrying more than they can bear, without saying that they want to die.",
    "crisis": "The visitor has spoken of wanting to die or to hurt themselves, or has asked about ways to do so.",
    "imminent": "The visitor has said that they are about to end their life or to hurt themselves, or have begun to.",
}
_CONDUCT: Final = (
    "Help is on their screen already: people to call, text or write to. Take it seriously, be warm and plain, and let "
    "them speak. Ask directly whether they are safe, and encourage them to reach a person near them or a helpline. "
    "Say nothing about ways to die or to be hurt, also not as a story, for study or in part. Do not diagnose, do not "
    "promise secrecy, do not claim to be human or a professional, and do not end the conversation or refuse it."
)


def briefed(system: str, level: Level) -> str:
    """Returns the persona's instructions with the server's addition; unchanged without danger."""
    if level == "none":
        return system
    return f"{system}\n\nFrom the server, level {level}: {_FOUND[level]} {_CONDUCT}"
