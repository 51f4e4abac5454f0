"""What every persona answers to a plainly stated wish to die or to hurt oneself.

A courtesy of the script, not the product's safety layer: it knows plain sentences only, and it holds for
every personas file, whatever that file's rules say.
"""

import re

from chat_app.responders.offline.reading import sentences
from sessions_app.offline_language import parse_reply

REPLIES = tuple(
    parse_reply(reply)
    for reply in (
        "That sounds very heavy, and it is good that you put it into words.\n\n"
        "I am a program. I cannot help in an emergency, and nobody is watching this chat. If you are in "
        "danger now, please call your local emergency services, or go to someone close who can be with "
        "you.\n\n"
        "You can also talk to a person by call, text or chat: findahelpline.com lists the lines of your "
        "country, many of them free. Is there someone close whom you could call or write to right now?",
        "You are saying again how bad it is, and that deserves a person, not a program.\n\n"
        "Please reach one now: your local emergency services if you are in danger, someone close who can "
        "come to you, or a line from findahelpline.com. If there is anything near you that you could hurt "
        "yourself with, put some distance between you and it.\n\n"
        "You can keep writing here, but I am only a script and cannot send help. Who is nearest to you now?",
    )
)

AFTERWARDS = tuple(
    parse_reply(reply)
    for reply in (
        "You are still writing, and that is good. One small step is enough for now: a call or a message to "
        "someone close, even if it only says “can you stay with me for a bit?”.\n\n"
        "If nobody comes to mind, findahelpline.com lists lines, many of them open at any hour. In danger, "
        "please call your local emergency services. I am a program and cannot do it for you.",
        "Take your time. What matters most now is that a person is with you, in the room or on the phone: "
        "someone close, a line from findahelpline.com, or your local emergency services if you are in "
        "danger.\n\n"
        "I stay a program that cannot call anyone, but you can go on writing while you reach them.",
    )
)

_ACT = (
    r"(?:die|be dead|kill(?:ing)? myself|end(?:ing)? (?:my (?:own )?life|it all)|"
    r"tak(?:e|ing) my (?:own )?life|(?:commit(?:ting)? )?suicide|(?:not|never) wake up|disappear forever|"
    r"(?:hurt|harm|cut|burn|hang|shoot)(?:t?ing)? myself|not be (?:alive|here any ?more))"
)
_NOT_MEANT = r"(?! (?:of|from|with) (?:laugh|embarrass|bored|shame|hunger|cring)| laughing| in (?:the|this|a) game)"
_WISH = (
    r"(?:want to|wish to|need to|have to|going to|plan(?:ning)? to|ready to|about to|try(?:ing)? to|tried to|"
    r"urge to|feel like|like to|rather|might|could|should|will|think(?:ing)? (?:of|about)|thoughts? of)"
)
_CRIES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:^|\bI\b[^,]{{0,30}}?)\s*(?<!n't )(?<!not )(?<!never )\b{_WISH} (?:just |really )?"
        rf"{_ACT}\b{_NOT_MEANT}",
        r"\bI wish (?:that )?I (?:(?:was|were|could be) dead|could (?:just )?die|had never been born)\b",
        rf"\bI(?: am|'ll| will) (?:going to )?kill(?:ing)? myself\b{_NOT_MEANT}",
        r"\bI (?:am|feel|have been|was|keep feeling) (?:\w+ )?suicidal\b|\bsuicidal thoughts\b",
        r"\bI (?:have been |am )?self-?harm(?:ing)?\b",
        r"\bI (?:have )?(?:cut|been cutting|hurt) myself on purpose\b",
        r"\b(?:don't|do not|no longer|not) (?:really )?want to (?:be alive|exist|wake up|(?:keep|go on) living|"
        r"(?:live|be here) any ?more|live(?! (?:in|at|with|here|there|near|on|like|under|by|alone))\b)",
        r"\bbetter off (?:dead|without me|if I (?:was|were) (?:dead|gone))\b",
        r"\b(?:not worth|tired of|hate) living\b",
        r"\bno (?:reason|point) (?:to live|in living|to be alive|to go on living)\b|\bcan't go on living\b",
        r"\b(?:quiero (?:morir|matarme|suicidarme)|no quiero vivir|je veux (?:mourir|me tuer)|voglio morire|"
        r"envie de mourir|je ne veux plus vivre|"
        r"ich (?:will|möchte) (?:sterben|nicht mehr leben|mich umbringen)|"
        r"quero (?:morrer|me matar)|não quero (?:mais )?viver)",
    )
)


def is_cry(text: str) -> bool:
    """Tells whether plain text (reading.plain) states a wish to die or to hurt oneself, in so many words."""
    return any(pattern.search(sentence) for sentence in sentences(text) for pattern in _CRIES)
