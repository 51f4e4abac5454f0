"""The help page and what leads to it: there without scripts, store, model and database, on every page."""

import re
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from chat_app.safety import helplines
from nono import store
from nono.errors import StoreUnavailable


@pytest.fixture
def nothing_answers(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store, the model and the database are away."""

    def away(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("away")

    async def away_too(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("away")

    def no_database(*_: Any, **__: Any) -> Any:
        raise OperationalError("away")

    monkeypatch.setattr(store, "run", away)
    monkeypatch.setattr(store, "arun", away_too)
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", no_database)
    settings.LLM_BASE_URL = "http://127.0.0.1:9/v1"


def read(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("address", ["/help", "/safety"])
def test_the_pages_come_when_nothing_else_answers(address: str, client: Client, nothing_answers: None) -> None:
    client.cookies["sessionid"] = "of-somebody-who-was-logged-in"

    assert "findahelpline.com" in read(client, "/help")
    assert "Get help now" in read(client, address)


def test_the_help_page_needs_no_script(client: Client) -> None:
    scripts = re.findall(r"<script[^>]*>", read(client, "/help"))

    assert len(scripts) == 1
    assert "theme_boot.js" in scripts[0], "which only applies the chosen colours"


@pytest.mark.parametrize("country", helplines.everywhere(), ids=lambda country: country.code)
def test_the_help_page_begins_with_the_configured_country(
    country: helplines.Country, client: Client, settings: Settings
) -> None:
    settings.NONO_HELPLINE_COUNTRY = country.code
    first = read(client, "/help").partition("Lines by country")[0]

    assert all(f'href="tel:{number}"' in first for number in country.emergency)
    assert all((line.call_link or line.text_link) in first for line in country.helplines)


@pytest.mark.parametrize("address", ["/", "/help"])
def test_without_a_country_there_are_buttons_that_call_all_the_same(
    address: str, client: Client, settings: Settings
) -> None:
    settings.NONO_HELPLINE_COUNTRY = None
    page = read(client, address)
    before = page[: page.index("In danger now?" if address == "/" else "Talk to a person")]

    for number in ("112", "911"):
        assert f'<a class="way way--urgent" href="tel:{number}"> Call {number} </a>' in before


def test_the_lines_of_all_countries_stand_where_one_looks_for_a_person_to_talk_to(client: Client) -> None:
    page = read(client, "/help")
    places = [page.index(f">{words}<") for words in ("Talk to a person", "Lines by country", "In the next minutes")]

    assert places == sorted(places)
    assert places[1] < page.index("<summary>Argentina</summary>") < places[2]


@pytest.mark.parametrize("address", ["/help", "/safety"])
def test_no_page_claims_that_nobody_reads_along_for_somebody_may(address: str, client: Client) -> None:
    assert "nobody is watching" not in read(client, address).casefold()


def test_the_help_page_lists_every_line_of_every_country(client: Client) -> None:
    page = read(client, "/help")

    for country in helplines.everywhere():
        assert f"<summary>{country.name}</summary>" in page
        for line in country.helplines:
            assert all(link in page for link in (line.call_link, line.text_link, line.chat) if link)


@pytest.mark.parametrize("address", ["/", "/chat/Anybody", "/safety", "/nothing/here"])
def test_the_link_is_on_every_page_outside_of_what_scripts_show(address: str, client: Client) -> None:
    page = read(client, address, 404 if "nothing" in address else 200)
    shown = re.sub(r"<(template|nav)\b.*?</\1>", "", page)

    assert f'class="help-link" href="{reverse("help")}"' in shown


def test_the_link_is_on_the_page_of_a_fault_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(helplines, "verified", fail)
    client.raise_request_exception = False

    page = read(client, "/help", 500)

    assert "The fault is on our side" in page
    assert f'href="{reverse("help")}"' in page


def test_without_scripts_the_notice_leads_there(client: Client) -> None:
    notices = re.findall(r"<noscript>(.*?)</noscript>", read(client, "/"))

    assert any(f'href="{reverse("help")}"' in notice for notice in notices)


def test_the_chat_page_carries_the_whole_card(client: Client, settings: Settings) -> None:
    settings.NONO_HELPLINE_COUNTRY = "GB"
    page = read(client, "/")
    card = page[page.index('id="safety"') : page.index('class="safety-note"') + 800]

    for words in (
        "Are you safe right now?",
        "tel:999",
        "tel:116123",
        "sms:85258",
        "findahelpline.com",
        "Be with someone.",
        "Put distance between you and anything you could use.",
        "Five things you can see",
        "kept in this browser only",
        "I am worried about somebody else",
        "This is a program. Nobody is watching over this chat",
        "An operator has this chat open, but may not act on it.",
    ):
        assert words in card, words


def test_the_protocol_says_what_is_done_and_what_is_not(client: Client) -> None:
    page = read(client, "/safety")

    for words in (
        "What is looked at",
        "What it can find",
        "What happens then",
        "What is never done",
        "Where this ends",
    ):
        assert f">{words}</h2>" in page
    assert "No message is blocked or refused for it" in page


@pytest.mark.parametrize("address", ["/help", "/safety"])
def test_only_reading_is_allowed(address: str, client: Client) -> None:
    assert client.post(address).status_code in {403, 405}
