"""The log of what operators did, as a page: it can be read and searched, and nobody adds to it or takes from it."""

import re
from html import unescape

import pytest
import redis
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from sessions_app import audit
from sessions_app.access import Visitor
from sessions_app.manager import SessionManager
from sessions_app.models import ChatSession
from tests.support.staff import signed_in

LOG = "/admin/admin/logentry/"
CHATS = "/admin/sessions_app/chatsession/"
SCRIPT = "<script>alert(1)</script>"


def entry(user: User, name: str, said: str = "Extended the clock.", flag: int = CHANGE) -> LogEntry:
    """Something that was done to a chat."""
    kind = ContentType.objects.get_for_model(ChatSession)
    return LogEntry(
        user=user,
        content_type=kind,
        object_id=f"session_{name}_1",
        object_repr=name,
        action_flag=flag,
        change_message=said,
    )


def rows(client: Client, query: str = "") -> list[str]:
    """The lines of the log, each as text."""
    answer = client.get(f"{LOG}{query}")
    assert answer.status_code == 200
    body = answer.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    texts = (re.sub(r"<[^>]*>", " ", row) for row in body.split("<tr>")[1:])
    return [" ".join(unescape(text).split()) for text in texts]


def names(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"{LOG}{query}").content.decode()
    return [unescape(name) for name in re.findall("<bdi>(.*?)</bdi>", answer.partition("<tbody>")[2])]


def test_who_read_which_chat_when_and_why_is_found_when_the_chat_is_gone(
    admin_client: Client, sessions: SessionManager
) -> None:
    session = sessions.create_session("Ann")
    address = reverse("admin:sessions_app_chatsession_transcript", args=[session.session_id])
    admin_client.post(address, {"reason": "complaint 4711"})
    ticked = {"action": "clear", "_selected_action": [session.session_id], "confirmed": "yes"}
    admin_client.post(CHATS, ticked)
    cleared, read = rows(admin_client)
    for line, what in ((read, "Read the transcript. Reason: complaint 4711"), (cleared, "Cleared.")):
        assert re.fullmatch(
            rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC admin Ann {session.session_id} {re.escape(what)}", line
        )


def test_what_was_done_on_the_visitors_page_is_there_too(
    admin_client: Client, admin_user: User, sessions: SessionManager, settings: object
) -> None:
    settings.NONO_ACCESS = "private"  # type: ignore[attr-defined]
    audit.note(
        Visitor("", str(admin_user.pk)), sessions.create_session("Ann"), "Opened the chat on the visitors' page."
    )
    assert rows(admin_client)[0].endswith("Opened the chat on the visitors' page.")


def test_what_was_stored_without_a_sentence_is_named(admin_client: Client, admin_user: User) -> None:
    entry(admin_user, "Ann", "", DELETION).save()
    assert rows(admin_client)[0].endswith("Deletion")


def test_it_is_searched_by_a_part_of_the_name_in_any_case(admin_client: Client, admin_user: User) -> None:
    LogEntry.objects.bulk_create([entry(admin_user, name) for name in ("Ann", "ÜNÏ (x)", "R&D", "50%")])
    assert names(admin_client) == ["50%", "R&D", "ÜNÏ (x)", "Ann"]
    assert names(admin_client, "?q=aN") == ["Ann"]
    assert names(admin_client, "?q=u%CC%88ni%CC%88+(") == ["ÜNÏ (x)"]
    assert names(admin_client, "?q=%26") == ["R&D"]
    assert names(admin_client, "?q=%25") == ["50%"]
    assert names(admin_client, "?q=.") == []


def test_it_is_filtered_by_operator_and_date(admin_client: Client, admin_user: User) -> None:
    olga = User.objects.create(username="olga", is_staff=True)
    LogEntry.objects.bulk_create([entry(admin_user, "Ann"), entry(olga, "Bob")])
    LogEntry.objects.filter(object_repr="Ann").update(action_time="2001-02-03T04:05:06Z")
    assert names(admin_client, f"?user__id__exact={olga.pk}") == ["Bob"]
    page = admin_client.get(LOG).content.decode()
    assert " By operator " in page
    today = re.search(r"href=\"(\?action_time__gte=[^\"]*)\">Today<", page)
    assert today
    assert names(admin_client, unescape(today[1])) == ["Bob"]


def test_a_long_log_has_pages_and_each_costs_the_same(
    admin_client: Client, admin_user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    entry(admin_user, "chat 0").save()
    names(admin_client)  # what Django keeps is kept from now on
    with django_assert_num_queries(6):
        assert names(admin_client) == ["chat 0"]
    LogEntry.objects.bulk_create([entry(admin_user, f"chat {number}") for number in range(1, 250)])
    with django_assert_num_queries(6) as asked:
        assert names(admin_client) == [f"chat {number}" for number in range(249, 149, -1)]
    assert [query["sql"] for query in asked if 'ORDER BY "django_admin_log"."id" DESC LIMIT 100' in query["sql"]]
    assert names(admin_client, "?p=3") == [f"chat {number}" for number in range(49, -1, -1)]


def test_it_takes_a_permission_of_its_own(db: None, raw: redis.Redis) -> None:
    for others in ((), ("view_chatsession", "read_transcript", "delete_chatsession"), ("delete_logentry",)):
        assert signed_in(*others).get(LOG).status_code == 403
    reader = signed_in("view_logentry")
    assert reader.get(LOG).status_code == 200
    assert f'href="{LOG}"' in reader.get("/admin/").content.decode()
    assert Client().get(LOG)["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("path", ["add/", "1/change/", "1/delete/", "1/history/", "1/"])
def test_nobody_adds_changes_or_deletes_there(admin_client: Client, admin_user: User, path: str) -> None:
    entry(admin_user, "Ann").save()
    assert admin_client.post(LOG + path, {"post": "yes"}).status_code == 404
    forged = {"action": "delete_selected", "_selected_action": ["1"], "post": "yes", "index": "0"}
    admin_client.post(LOG, forged)
    assert LogEntry.objects.count() == 1


def test_an_operator_who_left_traces_is_not_deleted_with_them(admin_client: Client) -> None:
    olga = User.objects.create(username="olga", is_staff=True)
    entry(olga, "Ann").save()
    page = admin_client.post(f"/admin/auth/user/{olga.pk}/delete/", {"post": "yes"})
    assert page.status_code == 403
    assert LogEntry.objects.get().user == olga


def test_names_are_only_text(admin_client: Client, admin_user: User) -> None:
    entry(admin_user, SCRIPT, SCRIPT).save()
    for path in (LOG, f"{LOG}?q={SCRIPT}", "/admin/"):
        assert SCRIPT not in admin_client.get(path).content.decode()
    assert names(admin_client) == [SCRIPT]


def test_the_first_page_tells_what_one_did_last_and_why(
    admin_client: Client, admin_user: User, raw: redis.Redis
) -> None:
    entry(admin_user, "Ann", "Read the transcript. Reason: complaint 4711").save()
    page = admin_client.get("/admin/").content.decode()
    assert "Read the transcript. Reason: complaint 4711" in page
    assert f'href="{LOG}"' in page.partition("recent-actions-module")[2]
