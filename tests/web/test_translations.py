"""The page in other languages: whole catalogues, the language that is wished for, no sentence that slips through."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import polib
import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from docs import translations
from nono.environment import PROJECT
from sessions_app import personas
from sessions_app.manager import SessionManager
from tests.support import pseudo

LANGUAGES = ["de", "es", "fr", "pt"]
CATALOGUES = [
    PROJECT / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
    for language in LANGUAGES
    for domain in ("django", "djangojs")
]
each_catalogue = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")

PLACES = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")
TAGS = re.compile(r"<[^>]+>")
CALLS = re.compile(r"""\b(n?gettext)\(\s*("(?:[^"\\]|\\.)*")(?:,\s*("(?:[^"\\]|\\.)*"))?""")


# The catalogues


@each_catalogue
def test_every_sentence_is_translated_and_none_is_a_guess(path: Path) -> None:
    catalogue = polib.pofile(str(path))

    assert [entry.msgid for entry in catalogue if not entry.translated() or entry.fuzzy or entry.obsolete] == []
    assert len(catalogue) > 50


@each_catalogue
def test_translations_have_the_places_and_the_tags_of_their_sentence(path: Path) -> None:
    wrong = []
    for entry in polib.pofile(str(path)):
        wanted = [entry.msgid, entry.msgid_plural or entry.msgid]
        for said, meant in zip([*entry.msgstr_plural.values()] or [entry.msgstr], wanted, strict=False):
            if TAGS.findall(said) != TAGS.findall(meant) or places(said) != places(meant):
                wrong.append(said)

    assert wrong == []


@each_catalogue
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    assert path.with_suffix(".mo").read_bytes() == polib.pofile(str(path)).to_binary()


def test_every_language_of_the_settings_has_its_catalogues(settings: Settings) -> None:
    assert [code for code, _name in settings.LANGUAGES] == ["en-gb", *LANGUAGES]
    assert sorted((PROJECT / "locale").rglob("*.po")) == CATALOGUES


@pytest.mark.gettext
def test_the_catalogues_have_exactly_the_sentences_of_the_code(settings: Settings, tmp_path: Path) -> None:
    for folder in ("chat_app", "locale", "nono", "sessions_app", "static", "templates"):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    translations.update(tmp_path)

    for path in CATALOGUES:
        assert (tmp_path / path.relative_to(PROJECT)).read_text("utf-8") == path.read_text("utf-8")


def test_every_sentence_of_the_scripts_is_in_their_catalogue() -> None:
    known = {entry.msgid: entry.msgid_plural for entry in polib.pofile(str(CATALOGUES[1]))}
    said = [
        call for file in (PROJECT / "static" / "js").rglob("*.js") for call in CALLS.findall(file.read_text("utf-8"))
    ]

    assert len(said) > 40
    for function, one, many in said:
        assert known[unquoted(one)] == (unquoted(many) if function == "ngettext" else "")


def test_a_sentence_is_not_put_together_from_pieces() -> None:
    for file in (PROJECT / "static" / "js").rglob("*.js"):
        calls = re.findall(r"\bgettext\(\s*([^)]{0,20})", file.read_text("utf-8"))
        assert [call for call in calls if file.name != "i18n.js" and not call.startswith('"')] == [], file.name


# The language that is wished for


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("de", "de"),
        ("de-AT, en;q=0.5", "de"),
        ("pt-BR", "pt"),
        ("fr-CA,fr;q=0.9,en;q=0.1", "fr"),
        ("es-419,en", "es"),
        ("en-US,en;q=0.9", "en-gb"),
        ("ja", "en-gb"),
        ("ja, es;q=0.3", "es"),
        ("", "en-gb"),
        ("*;;;q=x", "en-gb"),
    ],
)
def test_a_browser_gets_the_language_that_it_asks_for(wish: str, language: str, client: Client) -> None:
    answer = client.get("/", headers={"Accept-Language": wish})

    assert f'<html lang="{language}" dir="ltr">' in answer.content.decode()
    assert answer.headers["Content-Language"] == language
    assert {"Accept-Language", "Cookie"} <= set(answer.headers["Vary"].replace(" ", "").split(","))


def test_a_choice_is_kept_and_wins_over_the_browser_s_wish(client: Client) -> None:
    answer = choose(client, "fr", next="/chat/Zoë")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/chat/Zo%C3%AB")
    page = client.get("/", headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="fr"' in page
    assert re.search(r'lang="fr"\s+aria-pressed="true">Français<', page)
    assert page.count('name="language"') == 2 * 5  # in the menu, and for browsers without scripts
    assert page.count('aria-pressed="true">Français') == 2


def test_the_choice_s_cookie_is_for_this_site_alone(client: Client, settings: Settings) -> None:
    settings.LANGUAGE_COOKIE_SECURE = True
    cookie = choose(client, "es").cookies["nono_language"]

    assert (cookie.value, cookie["samesite"], cookie["httponly"], cookie["secure"]) == ("es", "Lax", True, True)
    assert cookie["max-age"] == 365 * 24 * 3600


@pytest.mark.parametrize("language", ["", "xx", "en", "de\r\nSet-Cookie: a=b", "x" * 5000])
def test_another_language_is_refused_with_the_ones_there_are(language: str, client: Client) -> None:
    answer = choose(client, language)

    assert answer.status_code == 400
    assert "allowed are en-gb, de, es, fr, pt." in answer.content.decode()
    assert "nono_language" not in answer.cookies


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "chat", ""])
def test_a_choice_never_leads_to_another_site(elsewhere: str, client: Client) -> None:
    assert choose(client, "de", next=elsewhere).headers["Location"] == "/"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_s_page_cannot_choose(headers: dict[str, str], client: Client) -> None:
    answer = client.post(reverse("language"), {"language": "de"}, headers=headers)

    assert answer.status_code == 403
    assert "nono_language" not in answer.cookies


def test_choosing_is_not_done_by_a_link(client: Client) -> None:
    assert client.get(reverse("language"), {"language": "de"}).status_code == 405


# The scripts' sentences


def test_english_needs_no_words_of_its_own(client: Client) -> None:
    assert "/words/" not in client.get("/").content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_the_scripts_come_before_the_scripts_and_may_be_kept(language: str, client: Client) -> None:
    page = client.get("/", headers={"Accept-Language": language}).content.decode()
    [address] = re.findall(r'<script defer src="(/words/[^"]+)"', page)
    assert page.index(address) < page.index('<script type="module"')

    answer = client.get(address, headers={"Accept-Language": "ja"})

    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["Content-Language"] == language
    catalogue = polib.pofile(str(PROJECT / "locale" / language / "LC_MESSAGES" / "djangojs.po"))
    [words] = re.findall(r"const newcatalog = (\{.*?\n  \});", answer.content.decode(), re.DOTALL)
    assert json.loads(words) == {
        one.msgid: [one.msgstr_plural[0], one.msgstr_plural[1]] if one.msgid_plural else one.msgstr for one in catalogue
    }


def test_words_of_another_version_are_given_but_not_kept(client: Client) -> None:
    answer = client.get("/words/de/000000000000.js")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert client.get("/words/xx/000000000000.js").status_code == 404


def test_countries_stand_in_the_order_of_their_translated_names(client: Client) -> None:
    html = client.get("/help", headers={"Accept-Language": "de"}).content.decode()
    _all, *names = re.findall(r"<summary>(.+?)</summary>", html)

    assert names[:3] == ["Argentinien", "Australien", "Belgien"]
    assert names.index("Norwegen") + 1 == names.index("Österreich") == names.index("Polen") - 1


# Personas


def test_personas_are_introduced_in_the_language_that_is_asked_for(api: Client) -> None:
    german = api.get("/api/personas", headers={"Accept-Language": "de-DE"})
    english = api.get("/api/personas")

    assert german.headers["Content-Language"] == "de"
    assert [one["key"] for one in german.json()["personas"]] == [one["key"] for one in english.json()["personas"]]
    assert "keine Pflegefachkraft" in german.json()["personas"][1]["greeting"]
    assert "not a nurse" in english.json()["personas"][1]["greeting"]


def test_refusals_of_the_api_are_in_english_and_say_so(api: Client) -> None:
    answer = api.get("/api/session/Nobody/history", headers={"Accept-Language": "de"})

    assert answer.headers["Content-Language"] == "en"
    assert "There is no session" in answer.json()["detail"] or "no session" in answer.json()["detail"].lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_persona_has_every_language(language: str) -> None:
    for persona in personas.every():
        shown = persona.in_language(language)
        assert shown.greeting != persona.greeting
        assert shown.system_prompt == persona.system_prompt


def test_without_a_model_starters_stay_english_and_the_page_says_why(client: Client, settings: Settings) -> None:
    german = {"Accept-Language": "de"}
    scripted = client.get("/", headers=german).content.decode()
    settings.LLM_BASE_URL = "http://127.0.0.1:9/v1"
    modelled = client.get("/", headers=german).content.decode()

    assert re.search(r'lang="en">What is Nono\?<', scripted)
    assert 'class="starters-note"' in scripted
    assert re.search(r">Was ist Nono\?<", modelled)
    assert 'class="starters-note"' not in modelled
    assert 'class="starters-note"' not in client.get("/").content.decode()


# No sentence slips through


@pytest.fixture
def marked(settings: Settings, tmp_path: Path) -> None:
    """Puts marks in the place of German."""
    settings.LOCALE_PATHS = [pseudo.write_catalogues(tmp_path / "locale")]


def persona_words() -> list[str]:
    return [word for one in personas.every("de") for word in (one.name, one.role, one.greeting)]


@pytest.mark.parametrize("address", ["/", "/chat/Sam", "/help", "/safety", "/nothing/here"])
@pytest.mark.parametrize("setting", [{}, {"NONO_ACCESS": "private"}, {"LLM_BASE_URL": "http://x/v1"}], ids=str)
def test_no_page_shows_a_sentence_that_is_not_translated(
    address: str, setting: dict[str, str], marked: None, client: Client, settings: Settings
) -> None:
    for name, value in setting.items():
        setattr(settings, name, value)
    html = client.get(address, headers={"Accept-Language": "de"}).content.decode()

    assert "⟦" in html
    assert pseudo.unmarked(pseudo.texts_of(html), [*persona_words(), "Sam"]) == []


def test_no_export_shows_a_sentence_that_is_not_translated(marked: None, api: Client, post: Any) -> None:
    post("/api/session/create", {"user_id": "Sam"})
    post("/api/chat", {"user_id": "Sam", "message": "Hello."})
    answer = api.get("/api/session/Sam/export?format=html", headers={"Accept-Language": "de"})

    html = b"".join(answer).decode() if answer.streaming else answer.content.decode()
    assert "⟦" in html
    assert pseudo.unmarked(pseudo.texts_of(html), [*persona_words(), "Sam", "UTC"]) == []


@pytest.mark.parametrize(
    "place", ["", "sessions_app/chatsession/", "{chat}change/", "{chat}transcript/", "{chat}history/"]
)
def test_no_page_of_the_admin_shows_a_sentence_that_is_not_translated(
    place: str, marked: None, sessions: SessionManager, admin_client: Client
) -> None:
    session = sessions.create_session("Sam", "default", {})
    address = f"/admin/{place.format(chat=f'sessions_app/chatsession/{quote(session.session_id)}/')}"
    html = admin_client.get(address, headers={"Accept-Language": "de"}).content.decode()

    assert "⟦" in html
    data = [*persona_words(), session.session_id, "Sam", "admin", "UTC", "min", "Valkey", "DATA"]
    assert pseudo.unmarked(pseudo.texts_of(html), data) == []


def test_no_question_of_the_admin_is_left_in_english(
    marked: None, sessions: SessionManager, admin_client: Client
) -> None:
    session = sessions.create_session("Sam", "default", {})
    for action in ("clear", "extend", "export"):
        asked = {"action": action, "_selected_action": session.session_id}
        answer = admin_client.post("/admin/sessions_app/chatsession/", asked, headers={"Accept-Language": "de"})
        texts = pseudo.texts_of(answer.content.decode())
        assert pseudo.unmarked(texts, ["Sam", "admin", "min"]) == []


def test_a_sentence_that_is_not_marked_would_be_found() -> None:
    html = (
        '<p title="⟦Good⟧">⟦Kept for ⟦1 hour⟧.⟧</p><b dir="auto">Anybody</b><input placeholder="Bad"><p>⟦Good⟧ evil</p>'
    )

    assert pseudo.unmarked(pseudo.texts_of(html)) == ["Bad", "⟦Good⟧ evil"]


def choose(client: Client, language: str, **fields: str) -> Any:
    return client.post(reverse("language"), {"language": language, **fields})


def places(sentence: str) -> Counter[str]:
    return Counter(PLACES.findall(sentence))


def unquoted(literal: str) -> str:
    return literal[1:-1].replace('\\"', '"')
