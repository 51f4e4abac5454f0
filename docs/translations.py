"""Brings the catalogues in ``locale/`` up to date with the sentences of the code: ``make translations``.

Finds the sentences (takes GNU gettext), writes the catalogues in one order and without dates, so that a difference
is a sentence, and compiles them. docs/translations.md says how to translate and how to add a language.
"""

import os
import sys
import tomllib
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import polib
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import makemessages
from django.utils import translation

from nono.environment import PROJECT

# Where no sentence for people is, or only other people's.
LEFT_OUT = ("docs/*", "static/vendor/*", "tests/*", "var/*")
DOMAINS = {"django": ["html", "py", "txt"], "djangojs": ["js"]}
HEADERS = ("Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Plural-Forms")
NOTE = "Written by `make translations`; docs/translations.md says how."
LINE = 110
HELPLINES = Path("chat_app", "safety", "helplines.toml")


class Messages(makemessages.Command):
    """Django's command, without guesses: a sentence that changed is to be translated again."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]  # noqa: RUF012  as in Django


def main() -> int:
    """Updates and compiles all catalogues; gives 1 where a sentence waits for its translation."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nono.settings")
    waiting: dict[str, list[str]] = {}
    for path, missing in update(PROJECT).items():
        for sentence in missing:
            waiting.setdefault(sentence, []).append(path.parts[-3])
    for sentence, languages in waiting.items():
        print(f"Not translated ({', '.join(languages)}): {sentence}")
    return 1 if waiting else 0


def update(project: Path) -> dict[Path, list[str]]:
    """Updates the catalogues of a checkout and returns which sentences of each are not translated."""
    translated = [translation.to_locale(code) for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    with chdir(project), sentences_of_data():
        for domain, extensions in DOMAINS.items():
            options = {"extensions": extensions, "ignore_patterns": [*LEFT_OUT]}
            call_command(
                Messages(), domain=domain, locale=translated, verbosity=0, no_location=True, no_obsolete=True, **options
            )
    return {path: finish(path) for path in sorted((project / "locale").rglob("*.po"))}


@contextmanager
def sentences_of_data() -> Iterator[None]:
    """Puts the words of helplines.toml, which gettext cannot read, where it finds them."""
    tables = tomllib.loads(HELPLINES.read_text(encoding="utf-8"))
    words = {country["name"] for country in tables["countries"].values()}
    words |= {line["hours"] for line in tables["helplines"] if line["hours"] != "always"}
    found = HELPLINES.with_suffix(".sentences.py")
    found.write_text("".join(f"_({word!r})\n" for word in sorted(words)), encoding="utf-8")
    try:
        yield
    finally:
        found.unlink()


def finish(path: Path) -> list[str]:
    """Puts a catalogue in order, compiles it, and returns those of its sentences that are not translated."""
    catalogue = polib.pofile(str(path), wrapwidth=LINE)
    catalogue.header, catalogue.metadata_is_fuzzy = NOTE, False
    catalogue.metadata = {name: catalogue.metadata[name] for name in HEADERS} | {"Language": path.parts[-3]}
    catalogue.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
    catalogue.save()
    catalogue.save_as_mofile(str(path.with_suffix(".mo")))
    return [entry.msgid for entry in catalogue if not entry.translated()]


if __name__ == "__main__":
    sys.exit(main())
