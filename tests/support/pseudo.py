"""A catalogue made for tests, in which every sentence is marked: what a page then shows unmarked is not translated."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

import django
import polib

from nono.environment import PROJECT

LANGUAGE = "de"
"""The language whose catalogues these take the place of."""

SPOKEN = ("aria-label", "alt", "content", "placeholder", "title")
"""Attributes that people read or hear."""

NAMES = {"Nono", "Markdown", "HTML", "JSON", "findahelpline.com"}
_TAG = re.compile(r"(<[^>]+>)")
_INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[^\W\d_]{2,}(?:[.'’-][^\W\d_]+)*")
_VOID = set("area base br circle col embed hr img input link meta path rect source track use wbr".split())
_DJANGOS = ("conf", "contrib/admin", "contrib/auth", "contrib/contenttypes")


def mark(sentence: str) -> str:
    """Marks every stretch of text between a sentence's tags."""
    return "".join(part if not part.strip() or part.startswith("<") else f"⟦{part}⟧" for part in _TAG.split(sentence))


def unmarked(texts: Iterable[str], allowed: Iterable[str] = ()) -> list[str]:
    """Returns the texts in which words stand that are not marked, apart from names and what is allowed."""
    names = sorted({*NAMES, *allowed}, key=len, reverse=True)
    found = []
    for text in texts:
        rest, before = text, ""
        while rest != before:
            rest, before = _INNERMOST.sub(" ", rest), rest
        for name in names:
            rest = rest.replace(name, " ")
        if _WORD.search(rest):
            found.append(" ".join(text.split()))
    return found


def write_catalogues(folder: Path) -> Path:
    """Writes marked catalogues of Nono's sentences, and of Django's own, for LOCALE_PATHS."""
    target = folder / LANGUAGE / "LC_MESSAGES"
    target.mkdir(parents=True)
    for domain in ("django", "djangojs"):
        sources = [PROJECT / "locale" / LANGUAGE / "LC_MESSAGES" / f"{domain}.po"]
        if domain == "django":
            home = Path(django.__file__).parent
            sources = [home / place / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po" for place in _DJANGOS] + sources
        marked = polib.POFile()
        marked.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=2; plural=(n != 1);"}
        entries = {(entry.msgid, entry.msgctxt): entry for source in sources for entry in polib.pofile(str(source))}
        for entry in entries.values():
            if entry.msgid_plural:
                entry.msgstr_plural = {0: mark(entry.msgid), 1: mark(entry.msgid_plural)}
            elif re.search(r"[A-Z]_FORMAT$|_SEPARATOR$", entry.msgid):
                continue
            else:
                entry.msgstr = mark(entry.msgid)
            entry.flags = []
            marked.append(entry)
        marked.save_as_mofile(str(target / f"{domain}.mo"))
    return folder


class Reader(HTMLParser):
    """Reads what a page says: its texts and its spoken attributes, without what visitors or other people wrote.

    Their words stand in elements with ``dir="auto"`` or with a language of their own; keys stand in ``kbd``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._skipped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the attributes, or begins to skip."""
        given = dict(attrs)
        foreign = given.get("dir") == "auto" or ("lang" in given and tag != "html")
        if (not self._skipped and tag != "meta") or given.get("name") == "description":
            self.texts += [given[name] or "" for name in SPOKEN if name in given]
        if tag not in _VOID and (self._skipped or foreign or tag in {"kbd", "script", "style", "pre"}):
            self._skipped.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Ends what is skipped."""
        if self._skipped and self._skipped[-1] == tag:
            self._skipped.pop()

    def handle_data(self, data: str) -> None:
        """Notes a text."""
        if not self._skipped:
            self.texts.append(data)


def texts_of(html: str) -> list[str]:
    """Returns what a page says."""
    reader = Reader()
    reader.feed(html)
    return reader.texts
