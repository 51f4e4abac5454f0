"""Script in everything that can be written is text wherever the server shows it; tests/browser/test_sink.py runs it."""

from html.parser import HTMLParser
from typing import Any

import pytest
import redis
from django.test import Client
from django.utils.safestring import mark_safe

from chat_app.memory import ChatMemoryManager
from sessions_app.manager import SessionManager
from tests.browser.test_sink import PAYLOADS
from tests.security.test_admin_attacks import LIST, address
from tests.security.visitors import Browser, Call

SCRIPTS = [
    *(payload.format(sink="//evil.example") for payload in PAYLOADS),
    "</script><script>alert(1)</script>",
    "</textarea></title></style></noscript><img src=x onerror=alert(1)>",
    "--><img src=x onerror=alert(1)>",
    "]]><script>alert(1)</script>",
    "'\"><svg/onload=alert(1)>",
    "{{ 7|add:7 }}{% debug %}${7*7}<%= 7*7 %>",
    "\u2028alert(1)\u2029",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "\x00<\x00script>alert(1)</script>",
]
DOORS = {"user_id": "invalid_user_id", "persona": "unknown_persona"}


class Skeleton(HTMLParser):
    """The elements of a page and their attributes, without what is written between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))


def skeleton(answer: Any) -> list[tuple[str, tuple[str, ...]]]:
    return Skeleton(answer.content.decode()).elements


def fill(sessions: SessionManager, text: str, owner: str = "") -> None:
    """A chat with a text in all its places."""
    sessions.create_session("Eve", metadata={"a": text, text[:40]: text}, owner=owner)
    memory = ChatMemoryManager()
    memory.add_message("Eve", "user", text)
    memory.add_message("Eve", "assistant", text, {"state": text, "persona": text})


def pages_of(client: Client, sessions: SessionManager) -> dict[str, Any]:
    session = sessions.get_session("Eve")
    return {
        "export": client.get("/api/session/Eve/export?format=html"),
        "list": client.get(LIST),
        "detail": client.get(address("change", session)),
        "transcript": client.post(address("transcript", session), {"reason": "why"}),
        "confirmation": client.post(LIST, {"action": "clear", "_selected_action": [session.session_id]}),
    }


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_is_written_adds_no_element_to_any_page(
    raw: redis.Redis, superuser: Client, sessions: SessionManager, script: str
) -> None:
    fill(sessions, "plain words")
    plain = {name: skeleton(page) for name, page in pages_of(superuser, sessions).items()}
    raw.flushdb()
    fill(sessions, script)
    pages = pages_of(superuser, sessions)
    assert {name: skeleton(page) for name, page in pages.items()} == plain
    assert all(page["Content-Security-Policy"] or page["Content-Disposition"] for page in pages.values())


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_answer_of_the_api_is_never_a_page(ann: Browser, script: str) -> None:
    ann.create("Eve", metadata={"a": script})
    ann.send(Call("POST", "/api/chat", {"user_id": "Eve", "message": script}))
    for path in ("/api/session/Eve/history", "/api/sessions", "/api/session/Eve/export"):
        answer = ann.send(Call("GET", path))
        assert answer["Content-Type"].startswith("application/json")
        assert answer["X-Content-Type-Options"] == "nosniff"
    history = ann.send(Call("GET", "/api/session/Eve/history")).json()
    assert history["messages"][0]["content"] == script


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_where_a_name_or_a_persona_is_asked_for_script_is_refused(ann: Browser, script: str, door: str) -> None:
    answer = ann.send(Call("POST", "/api/session/create", {"user_id": "Eve", door: script}))
    assert (answer.status_code, answer.json()["code"]) == (422, DOORS[door])
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("place", ["/chat/{}", "/?q={}", "/api/sessions?q={}", "/admin/login/?next={}", "/{}"])
def test_an_address_adds_no_element_to_the_page_that_it_leads_to(ann: Browser, script: str, place: str) -> None:
    from urllib.parse import quote

    hostile = ann.client.get(place.format(quote(script)))
    plain = ann.client.get(place.format("plain"))
    if hostile.status_code == 404:  # a line break is in no address
        plain = ann.client.get("/nothing")
    if "html" in hostile["Content-Type"]:
        assert set(skeleton(hostile)) <= set(skeleton(plain))
        assert "default-src 'none'" in hostile["Content-Security-Policy"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_operators_search_adds_no_element_to_the_list(superuser: Client, raw: redis.Redis, script: str) -> None:
    hostile, plain = superuser.get(LIST, {"q": script}), superuser.get(LIST, {"q": "plain"})
    assert set(skeleton(hostile)) <= set(skeleton(plain))


# The control.


@pytest.mark.parametrize("script", SCRIPTS[2:4])
def test_without_escaping_script_is_an_element_of_the_export(
    raw: redis.Redis, superuser: Client, sessions: SessionManager, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    fill(sessions, script)
    monkeypatch.setattr("django.template.base.conditional_escape", lambda text: mark_safe(str(text)))
    shown = superuser.get("/api/session/Eve/export?format=html").content.decode()
    assert script in shown
    assert ("img",) in {element[:1] for element in Skeleton(shown).elements}
