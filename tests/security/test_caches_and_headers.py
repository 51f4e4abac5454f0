"""What a browser is told about every answer: keep nothing, frame nothing, guess nothing, tell nobody."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from nono.web import csp
from sessions_app.access import COOKIE
from tests.security.visitors import Browser, Call

API = {
    "a list": Call("GET", "/api/sessions"),
    "a history": Call("GET", "/api/session/Ann/history"),
    "an export": Call("GET", "/api/session/Ann/export"),
    "an export in Markdown": Call("GET", "/api/session/Ann/export?format=markdown"),
    "an export as a page": Call("GET", "/api/session/Ann/export?format=html"),
    "personas": Call("GET", "/api/personas"),
    "a creation": Call("POST", "/api/session/create", {"user_id": "Bob"}),
    "a reply": Call("POST", "/api/chat", {"user_id": "Ann", "message": "hello"}),
    "a stream": Call("POST", "/api/chat", {"user_id": "Ann", "message": "hello"}, {"Accept": "text/event-stream"}),
    "a clear": Call("DELETE", "/api/session/Ann/clear"),
    "a refusal of what is not there": Call("GET", "/api/session/Bob/history"),
    "a refusal of a name": Call("GET", "/api/session/%00/history"),
    "a refusal of a body": Call("POST", "/api/session/create", "{"),
    "a refusal of a method": Call("PUT", "/api/sessions"),
    "a refusal of a page": Call("POST", "/api/session/create", {"user_id": "B"}, {"Sec-Fetch-Site": "cross-site"}),
    "nothing there": Call("GET", "/api/nothing"),
}
PAGES = {
    "the page": "/",
    "the page on a chat": "/chat/Ann",
    "the admin's door": "/admin/login/",
    "the API's page": "/api/docs",
    "nothing there": "/nothing",
}


@pytest.mark.parametrize("what", API)
def test_no_answer_of_the_api_is_kept_by_anybody(ann: Browser, what: str) -> None:
    answer = ann.send(API[what])
    assert answer["Cache-Control"] == "no-store"
    assert "Cookie" in answer["Vary"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert "Access-Control-Allow-Origin" not in answer
    assert (
        answer["Content-Type"].startswith(("application/", "text/event-stream"))
        or "attachment" in answer["Content-Disposition"]
    )


@pytest.mark.parametrize("what", PAGES)
def test_no_page_may_be_framed_or_load_from_elsewhere(ann: Browser, what: str) -> None:
    answer = ann.client.get(PAGES[what])
    policy = answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == ("same-origin" if "admin" in PAGES[what] else "no-referrer")
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert directive in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert "unsafe-eval" not in policy
    assert "http:" not in policy
    assert ("require-trusted-types-for 'script'" in policy) is (PAGES[what] in {"/", "/chat/Ann", "/nothing"})


@pytest.mark.parametrize("what", ["the page", "the page on a chat"])
def test_a_visitors_page_is_not_kept_by_a_shared_cache(ann: Browser, what: str) -> None:
    answer = Browser().client.get(PAGES[what])
    assert COOKIE in answer.cookies
    kept = answer.get("Cache-Control", "")
    assert "public" not in kept
    assert "no-store" in kept or "private" in kept or "Cookie" in answer.get("Vary", "")


def test_the_visitors_cookie_is_out_of_reach_of_scripts_and_other_sites(db: None) -> None:
    cookie = Client().get("/").cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["domain"]
    assert len(cookie.value.rpartition(":")[0]) >= 22  # 128 bits in base64


def test_every_visitor_gets_another_cookie(db: None) -> None:
    assert len({Client().get("/").cookies[COOKIE].value for _ in range(50)}) == 50


@pytest.mark.parametrize("forged", ["", "x", "x:y", "a" * 5000, "é:é", '"', "null", "0", "../../x"])
def test_a_cookie_that_is_not_ours_is_replaced(db: None, forged: str) -> None:
    browser = Browser(forged)
    answer = browser.send(Call("GET", "/api/personas"))
    assert answer.cookies[COOKIE].value not in {forged, ""}


def test_behind_https_the_cookies_are_secure(db: None, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    assert Client().get("/").cookies[COOKIE]["secure"]


# The controls.


def test_without_the_middleware_answers_are_kept(ann: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nono.web.api._sealed", lambda response: response)
    assert "no-store" not in ann.send(API["a history"]).get("Cache-Control", "")


def test_without_the_policy_a_page_loads_from_elsewhere(ann: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    lax: Any = {"default-src": ["*"]}
    monkeypatch.setattr(csp, "policy_at", lambda _path: lax)
    assert "'none'" not in ann.client.get("/")["Content-Security-Policy"]
