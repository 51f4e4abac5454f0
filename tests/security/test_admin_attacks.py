"""The admin: each permission opens its own, forms are the admin's own, a guess costs time, a reading leaves a trace."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from chat_app.admin.transcripts import TranscriptAdmin
from nono import rate_limits
from sessions_app import visitors
from sessions_app.admin import pages
from sessions_app.session import Session
from tests.security.conftest import SECRET, Operator, Stored
from tests.security.visitors import Browser, calls_on

LIST = "/admin/sessions_app/chatsession/"
LOGIN = "/admin/login/"
VIEW, DELETE, READ = "view_chatsession", "delete_chatsession", "read_transcript"
STAFF: dict[str, tuple[str, ...]] = {
    "plain staff": (),
    "who may only view": (VIEW,),
    "who may only clear": (DELETE,),
    "who may only read": (READ,),
    "who may clear and read, but not view": (DELETE, READ),
    "who may view and clear": (VIEW, DELETE),
    "who may view and read": (VIEW, READ),
}


def address(page: str, session: Session) -> str:
    return reverse(f"admin:sessions_app_chatsession_{page}", args=[quote(session.session_id)])


def chosen(session: Session, action: str, **more: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": [session.session_id], **more}


Act = Callable[[Client, Session], Any]
DEEDS: dict[str, tuple[set[str], Act]] = {
    "the list": ({VIEW}, lambda client, _: client.get(LIST)),
    "a chat": ({VIEW}, lambda client, one: client.get(address("change", one))),
    "its log": ({VIEW}, lambda client, one: client.get(address("history", one))),
    "asking to clear": ({VIEW, DELETE}, lambda client, one: client.post(LIST, chosen(one, "clear"))),
    "clearing": ({VIEW, DELETE}, lambda client, one: client.post(LIST, chosen(one, "clear", confirmed="yes"))),
    "extending": ({VIEW, DELETE}, lambda client, one: client.post(address("change", one), {})),
    "asking to read": ({VIEW, READ}, lambda client, one: client.get(address("transcript", one))),
    "reading": ({VIEW, READ}, lambda client, one: client.post(address("transcript", one), {"reason": "x"})),
    "asking to export": ({VIEW, READ}, lambda client, one: client.post(LIST, chosen(one, "export"))),
    "exporting": (
        {VIEW, READ},
        lambda client, one: client.post(LIST, chosen(one, "export", confirmed="yes", reason="x", format="json")),
    ),
}
FORMS = ["clearing", "extending", "reading", "exporting"]
ELSEWHERE = [
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "http:evil.example",
    "%2F%2Fevil.example",
]


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("who", STAFF)
def test_each_permission_opens_its_own_and_nothing_else(
    ann: Browser, anns_session: Session, operator: Operator, stored: Stored, who: str, deed: str
) -> None:
    needed, act = DEEDS[deed]
    before = stored()
    answer = act(operator(*STAFF[who]), anns_session)
    if needed <= set(STAFF[who]):
        assert answer.status_code in {200, 302}
        return
    assert answer.status_code == 403
    assert SECRET not in answer.content.decode()
    assert stored() == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("who", ["a visitor", "a user who is no staff", "staff that was dismissed"])
def test_who_is_no_staff_is_shown_the_door(
    ann: Browser, anns_session: Session, operator: Operator, stored: Stored, who: str, deed: str
) -> None:
    all_permissions = (VIEW, DELETE, READ)
    client = {
        "a visitor": lambda: ann.client,
        "a user who is no staff": lambda: operator(*all_permissions, is_staff=False),
        "staff that was dismissed": lambda: operator(*all_permissions, is_active=False),
    }[who]()
    before = stored()
    answer = DEEDS[deed][1](client, anns_session)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/?next=/admin/")
    assert stored() == before


@pytest.mark.parametrize("deed", FORMS)
def test_a_form_of_another_sites_is_refused(
    ann: Browser, anns_session: Session, superuser: Client, stored: Stored, deed: str
) -> None:
    superuser.handler.enforce_csrf_checks = True
    before = stored()
    answer = DEEDS[deed][1](superuser, anns_session)
    assert answer.status_code == 403
    assert SECRET not in answer.content.decode()
    assert stored() == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("who", STAFF)
def test_the_visitors_page_opens_to_staff_nothing_that_the_admin_would_not(
    ann: Browser, anns_session: Session, operator: Operator, stored: Stored, who: str
) -> None:
    client, before = operator(*STAFF[who]), stored()
    for call in calls_on("Ann", anns_session.session_id):
        body = json.dumps(call.body) if call.body else b""
        answer = client.generic(call.method, call.path, body, content_type="application/json", headers=call.headers)
        assert answer.status_code == 404
    assert client.get("/api/sessions").json()["count"] == 0
    assert stored() == before


@pytest.mark.parametrize("who", ["a superuser", "staff with all permissions"])
def test_staff_who_may_do_everything_see_all(ann: Browser, anns_session: Session, operator: Operator, who: str) -> None:
    client = operator(is_superuser=True) if who == "a superuser" else operator(VIEW, DELETE, READ)
    assert client.get("/api/sessions").json()["count"] == 1
    assert SECRET in client.get("/api/session/Ann/history").content.decode()


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_leads_nowhere_else(db: None, raw: redis.Redis, settings: Settings, target: str) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.create_superuser("boss", password="correct horse")
    for client in (Client(), Client(headers={"X-Forwarded-Host": "evil.example"})):
        form = {"username": "boss", "password": "correct horse", "next": target}
        answer = client.post(f"{LOGIN}?next={target}", form)
        assert answer.status_code == 302
        assert not answer["Location"].startswith(("//", "http", "javascript", "/\\"))


@pytest.mark.parametrize("deed", DEEDS)
def test_no_page_of_the_admins_may_be_framed_or_kept(
    ann: Browser, anns_session: Session, superuser: Client, deed: str
) -> None:
    answer = DEEDS[deed][1](superuser, anns_session)
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("deed", ["reading", "exporting"])
def test_a_reading_is_in_the_log_with_who_which_when_and_why_and_without_the_text(
    ann: Browser, anns_session: Session, operator: Operator, deed: str
) -> None:
    answer = DEEDS[deed][1](operator(VIEW, READ), anns_session)
    assert SECRET in answer.content.decode()
    entry = LogEntry.objects.get()
    assert entry.user.username == "operator 0"
    assert entry.object_id == anns_session.session_id
    assert (datetime.now(UTC) - entry.action_time).total_seconds() < 60
    assert entry.change_message.endswith("Reason: x")
    assert SECRET not in str(LogEntry.objects.values())


@pytest.mark.parametrize("reason", ["", " ", "\u200b", "x" * 201, "\x00"])
@pytest.mark.parametrize("deed", ["transcript", "export"])
def test_without_a_reason_nothing_is_read(
    ann: Browser, anns_session: Session, operator: Operator, reason: str, deed: str
) -> None:
    client = operator(VIEW, READ)
    if deed == "transcript":
        answer = client.post(address("transcript", anns_session), {"reason": reason})
    else:
        form = chosen(anns_session, "export", confirmed="yes", reason=reason, format="json")
        answer = client.post(LIST, form)
    assert SECRET not in answer.content.decode()
    assert not LogEntry.objects.exists()


def guess(client: Client, name: str, *, times: int, address: str = "192.0.2.1") -> list[int]:
    form = {"username": name, "password": "wrong"}
    return [client.post(LOGIN, form, REMOTE_ADDR=address).status_code for _ in range(times)]


@pytest.fixture
def quick_hash(settings: Settings) -> None:
    """Hashing is made to take long; here it is counted, not timed."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.NONO_RATE_LIMITS = True


def test_who_guesses_from_one_address_is_delayed(raw: redis.Redis, db: None, quick_hash: None) -> None:
    statuses = [status for i in range(12) for status in guess(Client(), f"user {i}", times=1)]
    assert statuses == [200] * 10 + [429] * 2


def test_who_guesses_one_name_from_many_addresses_is_delayed(raw: redis.Redis, db: None, quick_hash: None) -> None:
    User.objects.create_superuser("boss", password="correct horse")
    spellings = ["boss", "BOSS", "Boss"]
    statuses = [s for i in range(12) for s in guess(Client(), spellings[i % 3], times=1, address=f"192.0.2.{i}")]
    assert statuses[-1] == 429
    right = Client().post(LOGIN, {"username": "boss", "password": "correct horse"}, REMOTE_ADDR="198.51.100.1")
    assert right.status_code == 429
    assert int(right["Retry-After"]) > 0


def test_where_guesses_cannot_be_counted_nobody_is_let_in(
    raw: redis.Redis, db: None, quick_hash: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.security.test_store_away import trouble

    User.objects.create_superuser("boss", password="correct horse")
    trouble(monkeypatch, "down", only="limit:")
    assert Client().post(LOGIN, {"username": "boss", "password": "correct horse"}).status_code == 503
    assert Client().get(LOGIN).status_code == 200


# The controls.


def test_were_every_staff_user_an_operator_the_page_would_open(
    ann: Browser, anns_session: Session, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "OPERATORS", ())
    assert SECRET in operator().get("/api/session/Ann/history").content.decode()


def test_without_the_count_guessing_goes_on(
    raw: redis.Redis, db: None, quick_hash: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "allow_login", lambda *_: None)
    assert set(guess(Client(), "boss", times=15)) == {200}


def test_without_the_look_at_permissions_plain_staff_reads(
    ann: Browser, anns_session: Session, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages.ChatPages, "has_view_permission", lambda *_: True)
    monkeypatch.setattr(TranscriptAdmin, "has_read_transcript_permission", lambda *_: True)
    answer = DEEDS["reading"][1](operator(), anns_session)
    assert SECRET in answer.content.decode()


def test_without_the_token_a_form_of_another_sites_clears(
    ann: Browser, anns_session: Session, superuser: Client, stored: Stored
) -> None:
    before = stored()  # this client does not enforce the token
    assert DEEDS["clearing"][1](superuser, anns_session).status_code == 302
    assert stored() != before
