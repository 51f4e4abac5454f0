"""Analysis of one message: its plain form, its sentences, and the conditions that no pattern can express."""

import re
import unicodedata

MESSAGE_CHARS = 4000
# Maximum input of a pattern, which bounds its run time.
SENTENCE_CHARS = 300
LONG_MESSAGE_CHARS = 1000

_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "…": ".", "\t": " "})
_SENTENCE_END = re.compile(r"[.!?;。！？]+(?=\s|$)|\n")
_PARTS = re.compile(rf"\S.{{0,{SENTENCE_CHARS - 1}}}(?=\s|$)|\S{{{SENTENCE_CHARS}}}")
_SPACES = re.compile(r"[^\S\n]+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_EXPANSIONS = {
    "i'm": "I am", "im": "I am", "ive": "I've", "dont": "don't", "doesnt": "doesn't", "didnt": "didn't",
    "cant": "can't", "wont": "won't", "isnt": "isn't", "wasnt": "wasn't", "couldnt": "couldn't",
    "wouldnt": "wouldn't", "shouldnt": "shouldn't", "havent": "haven't", "hasnt": "hasn't", "arent": "aren't",
    "you're": "you are", "youre": "you are", "we're": "we are", "they're": "they are", "it's": "it is",
    "that's": "that is", "thats": "that is", "what's": "what is", "whats": "what is", "who's": "who is",
    "pls": "please", "plz": "please", "thx": "thanks", "u": "you", "ur": "your", "wanna": "want to",
    "gonna": "going to", "cannot": "can't", "i": "I",
}  # fmt: skip
_SHORT_FORM = re.compile(rf"(?<![\w'])(?:{'|'.join(_EXPANSIONS)})(?![\w']|\.\w)", re.IGNORECASE)
_ASKING = re.compile(
    r"(?:and |but |so |ok |okay |well )?(?:who|whom|whose|what|when|where|why|which|how|is|are|am|was|were|do|"
    r"does|did|can|could|will|would|shall|should|may|might|has|have)\b",
    re.IGNORECASE,
)

_ENGLISH = frozenset(
    "the a an and i you he she it we they my your is am are was were do does did not to of in for on at "
    "with this that have has had can will would be been but so if or what how why when who there me just "
    "about because".split()
)
# Frequent words of other languages in Latin script, without those that are English words or names as well.
_FOREIGN = frozenset(
    "una unos por para porque pero como estoy está eres soy muy qué cómo dónde hola gracias tengo quiero "
    "puedes ayuda conmigo siento une je tu nous vous ils avec mais dans quoi suis bonjour salut merci moi "
    "j'ai c'est ich wir ihr ist sind nicht und oder aber für auf einen das wie warum hallo danke mir mich "
    "meine kannst habe eu você não uma muito obrigado obrigada estou tenho olá ola com quem isso gli sono "
    "sei perché ciao grazie io ik jij een voor hoe jest nie się jak dlaczego cześć jestem ve için değil "
    "merhaba och inte jag är på hej ikke jeg".split()
)


def plain(message: str) -> str:
    """Returns the form of the message for patterns: straight quotes, single spaces, contractions expanded."""
    folded = unicodedata.normalize("NFKC", message[:MESSAGE_CHARS])[:MESSAGE_CHARS].translate(_STRAIGHT)
    visible = "".join(c for c in folded if c in "\n\r" or unicodedata.category(c)[0] != "C")
    spaced = _SPACES.sub(" ", visible.replace("\r", "\n")).strip()
    calm = spaced.lower() if is_shouting(spaced) else spaced
    return _SHORT_FORM.sub(lambda match: _written_out(match[0]), calm)


def _written_out(short: str) -> str:
    full = _EXPANSIONS.get(short.lower(), short)  # to the pattern, a Turkish "ı" is an "i" too
    return full[0].upper() + full[1:] if short[0].isupper() else full


def sentences(text: str) -> tuple[str, ...]:
    """Splits plain text into sentences without their final marks; an overlong one into parts of its words."""
    found = (piece.strip(" \"'.!?;,:-") for piece in _SENTENCE_END.split(text))
    return tuple(part for piece in found if piece for part in _PARTS.findall(piece))


def ends(text: str) -> str:
    """Returns the beginning and the end of a long text, whose middle is seldom relevant."""
    return text if len(text) <= 2 * LONG_MESSAGE_CHARS else f"{text[:LONG_MESSAGE_CHARS]}\n{text[-LONG_MESSAGE_CHARS:]}"


def is_blank(text: str) -> bool:
    """Returns whether the text has no letter and no digit (emoji, dots, nothing)."""
    return not any(c.isalnum() for c in text)


def is_shouting(text: str) -> bool:
    """Returns whether the text is in capitals: at least eight letters of two words, nearly all capital."""
    letters = [c for c in text if c.isalpha() and c.lower() != c.upper()]
    return len(letters) >= 8 and " " in text and sum(c.isupper() for c in letters) >= 0.8 * len(letters)


def is_foreign(text: str) -> bool:
    """Returns whether the message is most likely not English, judged by its script and its most frequent words."""
    letters = [c for c in text if c.isalpha()]
    if sum(not unicodedata.name(c, "").startswith("LATIN") for c in letters) * 2 > len(letters):
        return True
    words = [match[0].lower() for match in _WORD.finditer(text)]
    foreign = sum(word in _FOREIGN for word in words)
    accented = sum(not word.isascii() for word in words)
    english = sum(word in _ENGLISH for word in words)
    return foreign > 0 and foreign + accented > english and (foreign + accented) * 3 >= len(words)


def is_question(text: str) -> bool:
    """Returns whether the last sentence is a question."""
    last = sentences(text)[-1:]
    return text.rstrip(" \"')").endswith("?") or any(_ASKING.match(sentence) for sentence in last)


def is_short(text: str) -> bool:
    """Returns whether the text has at most three words."""
    return 0 < len(text.split()) <= 3


def is_long(text: str) -> bool:
    """Returns whether the text is too long for a script to answer in detail."""
    return len(text) > LONG_MESSAGE_CHARS


def is_repeated(text: str, before: str) -> bool:
    """Returns whether the message equals the previous one; a second "yes" or "ok" does not count."""
    return not is_short(text) and text.casefold() == before.casefold()
