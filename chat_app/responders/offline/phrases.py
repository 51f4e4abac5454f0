"""Prepares a visitor's words for use in a template: shortened, without markup, in the definite form."""

import re

PHRASE_CHARS = 140

_MARKUP = re.compile(r"[`*_<>\[\]|~\\{}#]+")
_DETERMINERS = frozenset("a an the my your his her its their our this that these those some".split())
_SMALL_FIRST_WORDS = _DETERMINERS | frozenset("at in it on since when you".split())
_LEAD_IN = re.compile(
    r"(?:maybe|perhaps|probably|let's say|let us say|how about|what about|I think|I guess|I would say|it is|"
    r"it happens|it takes place|set|about|he is|she is|they are|there is|in|on|at|inside|with|um+|well|hm+|ok|"
    r"okay|so|yes|no|(?:the|my|your) (?:main )?(?:character|hero|heroine|story|setting) is),? +",
    re.IGNORECASE,
)
_PLACE = re.compile(r"^(?:(?:it is|set|it happens|maybe) )?(?:in|on|at) ", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:named|called) ([A-Z][\w'-]*(?: [A-Z][\w'-]*)?)")
_TAIL = re.compile(
    r",| (?:who|whom|that|which|whose|because|but|when|where|while|trying|living|looking|in|on|at|by|from|"
    r"of|with|and(?! (?:a|an|the|his|her|their|your|my)\b))\b",
    re.IGNORECASE,
)
_NOUN_PHRASE = re.compile(
    r"\b(a|an|the|his|her|their|its|my|this|that) ([^\W\d_]{3,})(?![\w']) ?([^\W\d_]{3,})?", re.IGNORECASE
)
_NO_NOUN = frozenset(
    "and are back because been before began behind but came can could did does down else ever fell felt "
    "for found from gave got had has have her him his into just kept knew left like lot lost made moment "
    "more most never next not now one only onto other out over ran said same sat saw she should still "
    "stood that the their them then there they thing things this told too took turned under very was way "
    "went were what when where which while who will with would you your".split()
)
_VERBAL_END = re.compile(r"(?:s|ed|ing|ly)$", re.IGNORECASE)
_ADJECTIVE = re.compile(
    r"(?:.+(?:y|ed|ing|ful|less|ous|ic|ish|al|ive|en|ent|ant|ern)|old|new|big|small|little|young|long|short|"
    r"tall|dark|bright|cold|warm|hot|red|blue|green|black|white|grey|gray|strange|huge|great|good|bad|kind|sad|"
    r"brave|wild|quiet|deep|high|low|lone|last|first|second|third|poor|rich|blind|dead|large|whole|thin|thick|"
    r"soft|hard|loud|wet|dry)$",
    re.IGNORECASE,
)


def shortened(text: str, limit: int = PHRASE_CHARS) -> str:
    """Returns ``text`` on one line, cut at a word where it is over ``limit`` characters."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return f"{line[: limit - 1].rsplit(' ', 1)[0]}…"


def quotable(text: str) -> str:
    """Returns a short phrase without markup; a capital that only marks the start of a sentence is lowered."""
    phrase = shortened(_MARKUP.sub(" ", text).strip(" \"',.;:!?-"))
    first, _, rest = phrase.partition(" ")
    return phrase[0].lower() + phrase[1:] if rest and first.lower() in _SMALL_FIRST_WORDS else phrase


def definite(text: str) -> str:
    """Returns the short definite form: "a thief who lies" is "the thief", "a girl called Mara" is "Mara"."""
    phrase = quotable(text)
    if named := _NAMED.search(phrase):
        return named[1]
    somewhere = _PLACE.search(phrase) is not None
    for _ in range(3):
        phrase = _LEAD_IN.sub("", phrase, count=1) if _LEAD_IN.match(phrase) else phrase
    phrase = (_TAIL.split(phrase, maxsplit=1)[0]).strip() or phrase
    first, _, rest = phrase.partition(" ")
    if first.lower() in {"a", "an", "some"} and rest:
        return f"the {rest}"
    if first.lower() in _DETERMINERS or first[:1].isupper() or (somewhere and not rest):
        return phrase
    return f"the {phrase}"


def detail(text: str, known: str = "") -> str | None:
    """Returns the last thing ("the rusty door", "her mother") that the text names and ``known`` does not."""
    found = None
    old = frozenset(known.lower().split())
    for match in _NOUN_PHRASE.finditer(text):
        owner = match[1].lower() if match[1].lower() in {"his", "her", "their"} else "the"
        first, second = match[2].lower(), (match[3] or "").lower()
        second_fits = bool(second) and second not in _NO_NOUN
        if first in _NO_NOUN or (_ADJECTIVE.match(first) and not second_fits):
            continue
        belongs = second_fits and (_ADJECTIVE.match(first) or not _VERBAL_END.search(second))
        words = [first, second] if belongs else [first]
        if words[-1] not in old:
            found = " ".join([owner, *words])
    return found
