"""A name is refused by one rule, whichever door it comes to, before the store hears of it."""

import contextlib
import io
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import redis
from django.core.management import CommandError, call_command
from django.test import Client

from nono.errors import InvalidUserId
from sessions_app import names
from sessions_app.manager import SessionManager
from tests.security.conftest import Cost, Elsewhere, Stored
from tests.security.visitors import Browser, Call

HOSTILE = {
    "a slash": "a/b",
    "a slash twice escaped": "a%2Fb",
    "a backslash": "a\\b",
    "a way out": "../../etc/passwd",
    "two dots": "..",
    "one dot": ".",
    "NUL": "a\x00b",
    "an escaped NUL": "a%00b",
    "CR LF and a header": "a\r\nX-Injected: 1",
    "LF at the end": "Ann\n",
    "a tab": "a\tb",
    "an escape sequence": "a\x1b[2Jb",
    "delete": "a\x7fb",
    "a C1 control": "a\x85b",
    "every key": "*",
    "keys of a form": "A?n",
    "keys of a range": "[A-Z]nn",
    "a group of a cluster": "{Ann}",
    "another key": "Ann:1",
    "another kind of key": "session:Ann",
    "the index": "../session_index",
    "quotes": 'Ann"; flushall; "',
    "a semicolon": "Ann;flushall",
    "a dollar": "${7*7}",
    "a template": "{{7*7}}",
    "a percent sign": "%s%n",
    "markup": "<script>alert(1)</script>",
    "an entity": "&lt;b&gt;",
    "a pipe": "Ann|id",
    "a backtick": "`id`",
    "an equals sign": "=cmd",
    "a hash": "Ann#1",
    "right-to-left override": "Ann\u202egnp",
    "right-to-left mark": "Ann\u200f",
    "an isolate": "Ann\u2066x\u2069",
    "zero-width space": "An\u200bn",
    "zero-width joiner": "An\u200dn",
    "zero-width non-joiner": "An\u200cn",
    "word joiner": "Ann\u2060",
    "byte order mark": "\ufeffAnn",
    "soft hyphen": "An\u00adn",
    "grapheme joiner": "An\u034fn",
    "Hangul filler": "\u3164",
    "variation selector": "Ann\ufe0f",
    "a tag character": "Ann\U000e0041",
    "Mongolian separator": "Ann\u180e",
    "no-break space": "Ann\u00a0Doe",
    "ideographic space": "Ann\u3000Doe",
    "line separator": "Ann\u2028",
    "private use": "Ann\ue000",
    "no character": "Ann\uffff",
    "unassigned": "Ann\U000e0fff",
    "two spaces": "Ann  Doe",
    "spaces alone": "   ",
    "65 characters": "x" * 65,
    "10,000 characters": "x" * 10_000,
    "a name in 10,000 spaces and marks": "a" + "\u0301\u0316" * 5_000,
    "65 characters that compose to no fewer": "é" * 65,
}
SURROGATE = "Ann\ud800"
"""Spelt in JSON it is no text; in an address it cannot be spelt at all."""

PATHS = {
    "history": ("GET", "/api/session/{}/history"),
    "export": ("GET", "/api/session/{}/export"),
    "clear": ("DELETE", "/api/session/{}/clear"),
    "undo": ("POST", "/api/session/{}/undo"),
    "extend": ("POST", "/api/session/{}/extend"),
}
BODIES: dict[str, tuple[str, Callable[[str], dict[str, str]]]] = {
    "create": ("/api/session/create", lambda name: {"user_id": name}),
    "chat": ("/api/chat", lambda name: {"user_id": name, "message": "hello"}),
    "chat by session_id": ("/api/chat", lambda name: {"session_id": f"session_{name}_1", "message": "hello"}),
}


def call_with(door: str, name: str) -> Call:
    if door in BODIES:
        path, body = BODIES[door]
        return Call("POST", path, body(name))
    method, path = PATHS[door]
    return Call(method, path.format(quote(name, safe="")))


@pytest.mark.parametrize("door", [*PATHS, *BODIES])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused_before_the_store_hears_of_it(
    raw: redis.Redis, db: None, cost: Cost, name: str, door: str
) -> None:
    answer = Browser().send(call_with(door, HOSTILE[name]))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_user_id")
    assert "Allowed are 1 to 64 characters" in answer.json()["detail"] or "is not session_" in answer.json()["detail"]
    assert "\r" not in str(answer.headers)
    assert cost() == {}


@pytest.mark.parametrize("door", BODIES)
def test_half_a_character_is_refused_before_the_store_hears_of_it(
    raw: redis.Redis, db: None, cost: Cost, door: str
) -> None:
    answer = Browser().send(call_with(door, SURROGATE))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_user_id")
    assert cost() == {}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_opens_no_socket(
    raw: redis.Redis, elsewhere: Elsewhere, stored: Stored, name: str
) -> None:
    tab = Browser().chat(HOSTILE[name])
    assert await tab.is_accepted()
    assert await tab.closed_with() == 4404
    assert [frame["code"] for frame in tab.seen] == ["invalid_user_id"]
    assert not [key for key in stored() if b"Ann" in key or key.startswith((b"session", b"chat_history"))]


@pytest.mark.parametrize("name", [name for name in HOSTILE if "\x00" not in HOSTILE[name]])
def test_a_hostile_name_is_refused_at_the_command_line(raw: redis.Redis, cost: Cost, name: str) -> None:
    with pytest.raises(CommandError, match="Allowed are"):
        call_command("export_session", HOSTILE[name], stdout=io.StringIO())
    assert cost() == {}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_no_chat_of_the_admins(
    raw: redis.Redis, superuser: Client, stored: Stored, name: str
) -> None:
    answer = superuser.get(f"/admin/sessions_app/chatsession/{quote(f'session_{HOSTILE[name]}_1', safe='')}/change/")
    assert answer.status_code in {302, 404}
    assert not stored()


@pytest.mark.parametrize("pattern", ["*", "A*", "A?n", "[A]nn", "session:*", "%", "\\*", "^A"])
def test_a_search_is_text_and_no_pattern(ann: Browser, pattern: str) -> None:
    answer = ann.send(Call("GET", f"/api/sessions?q={quote(pattern)}"))
    assert (answer.status_code, answer.json()["count"]) == (200, 0)


@pytest.mark.parametrize(
    "twin",
    ["Zoe\u0308", " Zoë ", "  Zoe\u0308", "Zo\u00eb"],
    ids=["decomposed", "in spaces", "both", "as it is"],
)
def test_one_visible_name_is_one_session(raw: redis.Redis, db: None, stored: Stored, twin: str) -> None:
    Browser().create("Zoë")
    before = stored()
    assert Browser().send(call_with("create", twin)).status_code == 409
    assert stored() == before
    assert unicodedata.normalize("NFC", twin).strip() == "Zoë"


def test_refusing_a_long_name_takes_no_long_composing(monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[int] = []
    normalize = unicodedata.normalize

    def count(form: Any, text: str) -> str:
        composed.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", count)
    for name in ("a" + "\u0301" * 30_000, " " * 30_000 + "Bob", "x" * 60_000):
        with contextlib.suppress(InvalidUserId):
            names.clean_user_id(name)
    assert max(composed, default=0) <= names.MAX_SPELT


# The control.


@pytest.mark.parametrize("name", ["every key", "another key", "right-to-left override", "markup", "CR LF and a header"])
def test_without_the_rule_a_hostile_name_is_a_session(
    raw: redis.Redis, db: None, sessions: SessionManager, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(names, "_is_allowed", lambda _name, _position: True)
    names._composed.cache_clear()
    assert Browser().send(call_with("create", HOSTILE[name])).status_code == 201
    assert sessions.list_active_sessions() == [HOSTILE[name]]
    names._composed.cache_clear()
