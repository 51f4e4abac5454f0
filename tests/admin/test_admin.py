"""The operator's pages of chats, as a browser asks for them."""

import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
import redis
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from chat_app.memory import ChatMemoryManager
from nono import store
from nono.store import operations
from sessions_app.manager import SessionManager
from sessions_app.session import Session

LIST = "/admin/sessions_app/chatsession/"
SCRIPT = "<script>alert(1)</script>"
ODD_NAMES = ["John Doe", "R&D, really!", "O'Brien_2F", "50+ (x) @home", "Zoë 👩‍💻", "Ünï_codé"]

Operator = Callable[..., Client]

memory = ChatMemoryManager()


@pytest.fixture
def operator(db: None) -> Operator:
    """Signs a staff user in who has the named permissions, or all."""

    def sign_in(*permissions: str, **attributes: bool) -> Client:
        name = f"operator {User.objects.count()}"
        user = User.objects.create(username=name, **{"is_staff": True, **attributes})
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        assert user.user_permissions.count() == len(permissions)
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def boss(operator: Operator) -> Client:
    return operator(is_superuser=True)


@pytest.fixture
def ann(sessions: SessionManager) -> Session:
    """A chat in which something was said."""
    session = sessions.create_session("Ann", "mental_health_nurse", {"from": "the leaflet"})
    memory.add_message("Ann", "user", "I told nobody yet.")
    memory.add_message("Ann", "assistant", "Thank you for telling me.")
    return session


def address(page: str, session: Session) -> str:
    return reverse(f"admin:sessions_app_chatsession_{page}", args=[quote(session.session_id)])


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


def names_on(page: str) -> list[str]:
    links = page.partition("<tbody>")[2].split("<bdi>")[1:]
    return [unescape(link.partition("</bdi>")[0]) for link in links]


def messages_after(client: Client, path: str, data: dict[str, object]) -> str:
    """What the page says on which a sent form ends."""
    answer = client.post(path, data, follow=True)
    assert answer.status_code == 200
    return said_on(answer)


def said_on(answer: Any) -> str:
    return " ".join(str(one) for one in answer.context["messages"])


def tick(action: str, *sessions: Session, **more: object) -> dict[str, object]:
    return {"action": action, "_selected_action": [one.session_id for one in sessions], **more}


# The list


def test_the_list_tells_of_every_chat_and_nothing_that_was_said(boss: Client, ann: Session) -> None:
    page = text_of(boss, LIST)
    assert names_on(page) == ["Ann"]
    for fact in ("Clara", '<td data-words="Messages">2</td>', "1 chat", address("change", ann)):
        assert fact in page
    assert re.search(r"<td[^>]*Time left[^>]*>(59|60) min</td>", page)
    assert "I told nobody" not in page
    assert "leaflet" not in page


def test_the_last_to_speak_is_first(boss: Client, sessions: SessionManager) -> None:
    for name in ("Ann", "Bob", "Cem"):
        sessions.create_session(name)
    memory.add_message("Ann", "user", "hello")
    assert names_on(text_of(boss, LIST)) == ["Ann", "Cem", "Bob"]


def test_an_empty_list_says_so(boss: Client, sessions: SessionManager) -> None:
    assert "No chats at the moment" in text_of(boss, LIST)
    assert "No chat matches" in text_of(boss, f"{LIST}?q=nobody")


def test_search_finds_a_part_of_a_name_in_any_case_and_spelling(boss: Client, sessions: SessionManager) -> None:
    for name in ("Zoë", "John Doe", "R&D"):
        sessions.create_session(name)
    assert names_on(text_of(boss, f"{LIST}?q=JOHN")) == ["John Doe"]
    assert names_on(text_of(boss, f"{LIST}?q=zoe%CC%88")) == ["Zoë"]
    assert names_on(text_of(boss, f"{LIST}?q=%26")) == ["R&D"]
    assert "1 result " in text_of(boss, f"{LIST}?q=r%26d")


def test_what_looks_like_a_pattern_is_only_text(boss: Client, ann: Session) -> None:
    for text in ("*", "A*", "[A]nn", "A?n"):
        assert names_on(text_of(boss, f"{LIST}?q={text.replace('?', '%3F')}")) == []


def test_filters_narrow_by_persona_idle_time_and_age(boss: Client, sessions: SessionManager, raw: redis.Redis) -> None:
    sessions.create_session("Ann", "creative_writer")
    sessions.create_session("Bob")
    now = int(float(str(raw.hget("session:Bob", "active_ms"))))
    raw.hset("session:Bob", "active_ms", now - 40 * 60_000)
    raw.zadd("session_recency", {"Bob": now - 40 * 60_000})
    raw.hset("session:Bob", "created_ms", now - 7 * 3_600_000)
    assert names_on(text_of(boss, f"{LIST}?persona=creative_writer")) == ["Ann"]
    assert names_on(text_of(boss, f"{LIST}?idle=now")) == ["Ann"]
    assert names_on(text_of(boss, f"{LIST}?idle=5m")) == []
    assert names_on(text_of(boss, f"{LIST}?idle=30m")) == ["Bob"]
    assert names_on(text_of(boss, f"{LIST}?age=new")) == ["Ann"]
    assert names_on(text_of(boss, f"{LIST}?age=6h")) == ["Bob"]
    assert names_on(text_of(boss, f"{LIST}?age=6h&idle=30m&q=b&persona=default")) == ["Bob"]
    assert names_on(text_of(boss, f"{LIST}?age=6h&q=a")) == []


def test_a_filter_keeps_the_others_and_shows_which_is_on(boss: Client, ann: Session) -> None:
    page = unescape(text_of(boss, f"{LIST}?q=a%26b&idle=now"))
    assert 'href="?q=a%26b&persona=creative_writer&idle=now"' in page
    assert 'name="idle" value="now"' in page
    assert page.count('class="selected"') == 4


@pytest.mark.parametrize("query", ["persona=pirate", "idle=x", "age='", "unknown=1", "after="])
def test_a_filter_that_nobody_offers_is_none(boss: Client, ann: Session, query: str) -> None:
    assert names_on(text_of(boss, f"{LIST}?{query}")) == ["Ann"]


def test_a_cursor_that_is_none_is_refused_with_a_sentence(boss: Client, ann: Session) -> None:
    answer = boss.get(f"{LIST}?after=nonsense", follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    assert "cursor" in said_on(answer)


LEVELS = ["imminent", "crisis", "concern", "about_other", "unknown"]


@pytest.fixture
def graded(sessions: SessionManager, raw: redis.Redis) -> None:
    """A chat of each level of danger, under its name, and two without any."""
    for level in LEVELS:
        sessions.create_session(level)
        raw.hset(f"session:{level}", "safety", level)
    sessions.create_session("none")
    raw.hset("session:none", "safety", "none")
    sessions.create_session("not read")
    raw.hdel("session:not read", "safety")


def test_the_level_of_danger_is_shown_filtered_and_sorted_by(boss: Client, graded: None) -> None:
    page = text_of(boss, LIST)
    for words in ("Imminent", "Crisis", "Concern", "About another", "Not assessed"):
        assert f">{words}</span>" in page
    assert page.count('class="level ') == len(LEVELS)
    for level in LEVELS:
        assert names_on(text_of(boss, f"{LIST}?safety={level}")) == [level]
    assert sorted(names_on(text_of(boss, f"{LIST}?safety=any"))) == sorted(LEVELS)
    assert names_on(text_of(boss, f"{LIST}?o=-safety"))[:5] == LEVELS


def test_every_column_sorts_both_ways_and_says_so(boss: Client, sessions: SessionManager, raw: redis.Redis) -> None:
    facts = {"Zoë": (3, 20, 5), "ann": (1, 40, 6), "Bob": (2, 30, 7)}
    for name, (messages, left, created) in facts.items():
        sessions.create_session(name, "creative_writer" if name == "Bob" else "default")
        ends = int(time.time() * 1000) + left * 60_000
        raw.hset(f"session:{name}", mapping={"message_count": messages, "expires_at": ends, "created_ms": created})
    ascending = {
        "name": ["ann", "Bob", "Zoë"],
        "created": ["Zoë", "ann", "Bob"],
        "active": ["Zoë", "ann", "Bob"],
        "messages": ["ann", "Bob", "Zoë"],
        "left": ["Zoë", "Bob", "ann"],
        "persona": ["Bob", "Zoë", "ann"],
    }
    for by, names in ascending.items():
        page = text_of(boss, f"{LIST}?o={by}")
        assert names_on(page) == names
        assert page.count('aria-sort="ascending"') == 1
        assert names_on(text_of(boss, f"{LIST}?o=-{by}")) == names[::-1]
    assert text_of(boss, LIST).count('aria-sort="descending"') == 1


def test_a_head_turns_the_order_round_and_keeps_the_filters(boss: Client, ann: Session) -> None:
    assert 'href="?q=a&idle=now&o=-messages"' in unescape(text_of(boss, f"{LIST}?q=a&idle=now"))
    assert 'href="?q=a&o=messages"' in unescape(text_of(boss, f"{LIST}?q=a&o=-messages"))
    assert 'name="o" value="-messages"' in text_of(boss, f"{LIST}?o=-messages")


def test_live_tabs_are_counted(boss: Client, ann: Session) -> None:
    store.run_all([operations.acquire_slot(operations.tabs_key("Ann"), socket, 0) for socket in ("one", "two")])
    assert '<td data-words="Live tabs">2</td>' in text_of(boss, LIST)
    assert re.search(r"Live tabs:</span>\s*<div[^>]*>\s*<bdi>2</bdi>", text_of(boss, address("change", ann)))


def crowd(size: int) -> None:
    for first in range(0, size, 1000):
        some = range(first, min(first + 1000, size))
        store.run_all([_creation(f"user {i:05}") for i in some])


def _creation(name: str) -> store.Operation[tuple[str, operations.Row]]:
    now = "2026-01-01T00:00:00+00:00"
    fields = {"session_id": f"session_{name}_1", "user_id": name, "persona": "default", "metadata": "{}"}
    return operations.create(name, "", "epoch", {**fields, "created_at": now, "last_activity": now})


def pages_from(client: Client, query: str = "") -> list[list[str]]:
    """The names on every page, from the first by its link to the next."""
    pages, path = [], f"{LIST}{query}"
    while path:
        page = text_of(client, path)
        pages.append(names_on(page))
        before, _, _ = page.rpartition('" rel="next"')
        path = LIST + unescape(before.rpartition('href="')[2]) if before else ""
    return pages


@pytest.mark.parametrize("query", ["", "?q=user", "?persona=default&age=new", "?idle=now", "?o=name", "?o=-left"])
def test_pages_follow_each_other_without_a_gap(boss: Client, raw: redis.Redis, query: str) -> None:
    crowd(250)
    assert "250 chats" in text_of(boss, f"{LIST}{query}")
    pages = pages_from(boss, query)
    assert [len(page) for page in pages] == [100, 100, 50]
    assert sorted(joined(pages)) == [f"user {i:05}" for i in range(250)]


@pytest.mark.parametrize("query", ["idle=30m", "idle=30m&q=user"])
def test_what_was_idle_for_some_time_has_pages_and_a_count_of_its_own(
    boss: Client, raw: redis.Redis, query: str
) -> None:
    crowd(250)
    idle = [f"user {i:05}" for i in range(0, 250, 2)]
    then = int(time.time() * 1000) - 40 * 60_000
    raw.zadd("session_recency", dict.fromkeys(idle, then))
    for name in idle:
        raw.hset(f"session:{name}", "active_ms", then)
    assert "125 chats" in text_of(boss, f"{LIST}?{query}")
    assert [len(page) for page in pages_from(boss, f"?{query}")] == [100, 25]
    assert sorted(joined(pages_from(boss, f"?{query}"))) == idle
    others = query.replace("30m", "now")
    assert not set(joined(pages_from(boss, f"?{others}"))) & set(idle)
    assert "125 chats" in text_of(boss, f"{LIST}?{others}")


def joined(pages: list[list[str]]) -> list[str]:
    return [name for page in pages for name in page]


@pytest.mark.parametrize("path", [LIST, f"{LIST}?idle=now"])
def test_ten_thousand_chats_cost_the_store_what_two_hundred_do(boss: Client, raw: redis.Redis, path: str) -> None:
    def cost() -> tuple[dict[str, int], int]:
        """Which commands the list took, and how many bytes the store sent for it."""
        raw.config_resetstat()
        text_of(boss, path)
        sent = int(raw.info("stats")["total_net_output_bytes"])
        return {name: int(stat["calls"]) for name, stat in raw.info("commandstats").items()}, sent

    crowd(200)
    text_of(boss, path)
    few_commands, few_bytes = cost()
    crowd(10_000)
    many_commands, many_bytes = cost()
    assert "10000 chats" in text_of(boss, path)
    assert many_commands == few_commands
    assert many_commands["cmdstat_evalsha"] == 2
    assert abs(many_bytes - few_bytes) < 2000


# One chat


def test_the_detail_page_tells_all_but_what_was_said(boss: Client, ann: Session) -> None:
    page = text_of(boss, address("change", ann))
    for fact in ("Ann", ann.session_id, "Clara", "the leaflet", "Of these kept", address("transcript", ann)):
        assert fact in page
    assert "I told nobody" not in page


def test_a_chat_without_metadata_has_no_empty_block_for_it(
    boss: Client, sessions: SessionManager, ann: Session
) -> None:
    assert ">Metadata<" in text_of(boss, address("change", ann))
    assert "Metadata" not in text_of(boss, address("change", sessions.create_session("Bob")))


def test_buttons_stand_in_one_order_the_way_out_last(boss: Client, ann: Session) -> None:
    pages = [
        (text_of(boss, address("change", ann)), ["Extend", "Clear…", "Close"]),
        (text_of(boss, address("transcript", ann)), ["Read transcript", "Close"]),
        (text_of(boss, address("export", ann)), ["Download", "Close"]),
        (boss.post(LIST, tick("clear", ann)).content.decode(), ["Clear", "Close"]),
        (boss.post(LIST, tick("extend", ann)).content.decode(), ["Extend", "Close"]),
    ]
    for page, buttons in pages:
        content = page.partition('<div id="content"')[2]
        found = re.findall(r'type="submit"[^>]*value="([^"]*)"|(?:closelink|cancel-link)">([^<]*)<', content)
        assert [value or words for value, words in found] == buttons


@pytest.mark.parametrize("name", ODD_NAMES)
def test_every_allowed_name_has_its_pages(boss: Client, sessions: SessionManager, name: str) -> None:
    session = sessions.create_session(name)
    assert names_on(text_of(boss, LIST)) == [name]
    for page in ("change", "transcript", "history"):
        assert address(page, session) in unescape(text_of(boss, address("change", session))) or page == "change"
        assert name in unescape(text_of(boss, address(page, session)))
    assert boss.post(address("transcript", session), {"reason": "a complaint"}).status_code == 200
    assert "Extended 1 chat" in messages_after(boss, address("change", session), {})
    assert "Cleared 1 chat" in messages_after(boss, LIST, tick("clear", session, confirmed="yes"))


@pytest.mark.parametrize("page", ["change", "transcript", "export"])
def test_a_chat_that_ended_leads_back_to_the_list(
    boss: Client, sessions: SessionManager, ann: Session, page: str
) -> None:
    sessions.delete_session("Ann")
    for answer in (
        boss.get(address(page, ann), follow=True),
        boss.post(address(page, ann), {"reason": "x"}, follow=True),
    ):
        assert answer.redirect_chain == [(LIST, 302)]
        assert "may have ended" in said_on(answer)
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("page", ["change", "transcript"])
def test_another_chat_of_the_same_name_is_not_taken_for_it(
    boss: Client, sessions: SessionManager, ann: Session, raw: redis.Redis, page: str
) -> None:
    raw.hset("session:Ann", "session_id", "session_Ann_2000000000")
    assert boss.post(address(page, ann), {"reason": "x"}).status_code == 302
    messages_after(boss, LIST, tick("clear", ann, confirmed="yes"))
    assert sessions.get_session("Ann").message_count == 2
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("object_id", ["nonsense", "session_.._1", "session_a%2Fb_1", "%00", "session_x_", "_"])
def test_an_id_of_no_chat_leads_back_to_the_list(boss: Client, raw: redis.Redis, object_id: str) -> None:
    for page in ("change", "transcript"):
        assert boss.get(f"{LIST}{object_id}/{page}/")["Location"] == LIST


# What may be done


def test_clearing_asks_first_and_names_the_number(boss: Client, sessions: SessionManager, ann: Session) -> None:
    bob = sessions.create_session("Bob")
    asked = boss.post(LIST, tick("clear", ann, bob))
    assert "<strong>2 chats</strong>" in " ".join(asked.content.decode().split())
    assert sorted(sessions.list_active_sessions()) == ["Ann", "Bob"]
    assert "Cleared 2 chats" in messages_after(boss, LIST, tick("clear", ann, bob, confirmed="yes"))
    assert sessions.list_active_sessions() == []
    logged = LogEntry.objects.order_by("object_repr").values_list("object_id", "object_repr", "action_flag")
    assert list(logged) == [(ann.session_id, "Ann", DELETION), (bob.session_id, "Bob", DELETION)]
    assert sessions.undo("Ann").message_count == 2


def test_extending_gives_the_full_clock_back(boss: Client, raw: redis.Redis, ann: Session) -> None:
    raw.expire("session:Ann", 5)
    asked = boss.post(LIST, tick("extend", ann)).content.decode()
    assert "This chat gets its full time again" in asked
    assert raw.ttl("session:Ann") <= 5
    said = messages_after(boss, LIST, tick("extend", ann, confirmed="yes"))
    assert re.search("Extended 1 chat: (59|60) min left.", said)
    assert raw.ttl("session:Ann") > 3500
    raw.expire("session:Ann", 5)
    assert "Extended 1 chat" in messages_after(boss, address("change", ann), {})
    assert raw.ttl("session:Ann") > 3500
    assert {one.object_id for one in LogEntry.objects.all()} == {ann.session_id}


@pytest.mark.parametrize("action", ["clear", "extend"])
def test_what_ended_meanwhile_is_said(boss: Client, sessions: SessionManager, ann: Session, action: str) -> None:
    bob = sessions.create_session("Bob")
    sessions.delete_session("Ann")
    assert "may have ended" in messages_after(boss, LIST, tick(action, ann, confirmed="yes"))
    said = messages_after(boss, LIST, tick(action, ann, bob, confirmed="yes"))
    assert "ed 1 chat" in said
    assert "1 had ended meanwhile." in said


def test_an_action_without_a_chat_or_a_name_does_nothing(boss: Client, ann: Session) -> None:
    assert "No chat was selected" in messages_after(boss, LIST, {"action": "clear"})
    assert "No action selected" in messages_after(boss, LIST, tick("delete_selected", ann))
    assert "No action selected" in messages_after(boss, LIST, tick("", ann))
    assert not LogEntry.objects.exists()


def test_an_action_leads_back_to_where_it_was_chosen(boss: Client, ann: Session) -> None:
    answer = boss.post(f"{LIST}?q=a&next=//evil.example", tick("extend", ann, confirmed="yes"))
    assert answer["Location"] == f"{LIST}?q=a&next=//evil.example"


# The transcript


def test_a_transcript_takes_a_reason_and_leaves_a_trace_without_text(boss: Client, ann: Session) -> None:
    asked = text_of(boss, address("transcript", ann))
    assert "written to the log" in " ".join(asked.split())
    assert "I told nobody" not in asked
    assert not LogEntry.objects.exists()

    answer = boss.post(address("transcript", ann), {"reason": " complaint\r\n 4711 "})
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert page.index("I told nobody yet.") < page.index("Thank you for telling me.")
    assert "Clara" in page

    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.object_repr, entry.action_flag) == (ann.session_id, "Ann", CHANGE)
    assert entry.user.username == "operator 0"
    assert entry.change_message == "Read the transcript. Reason: complaint 4711"
    assert "told" not in str(LogEntry.objects.values())


def test_a_message_that_spoke_of_danger_is_marked_in_words(boss: Client, ann: Session) -> None:
    memory.add_message("Ann", "user", "I cannot go on.", {"safety": "crisis"})
    memory.add_message("Ann", "user", "Hello?", {"safety": SCRIPT})
    page = boss.post(address("transcript", ann), {"reason": "x"}).content.decode()
    marks = re.findall('<span class="level ([^"]*)">([^<]*)</span>', page.partition("<template")[0])
    assert marks == [("", ""), ("", ""), ("crisis", "Crisis"), ("", "")]


def test_a_transcript_leads_to_its_chat_and_to_its_export(boss: Client, ann: Session) -> None:
    page = boss.post(address("transcript", ann), {"reason": "x"}).content.decode()
    bar = page.partition('<div class="reading">')[2].partition("</div>")[0]
    assert address("change", ann) in bar
    assert address("export", ann) in bar


def test_every_reading_is_a_trace_of_its_own_and_outlives_the_chat(
    boss: Client, sessions: SessionManager, ann: Session
) -> None:
    for reason in ("first", "second"):
        boss.post(address("transcript", ann), {"reason": reason})
    sessions.delete_session("Ann")
    history = text_of(boss, address("history", ann))
    assert history.index("Reason: first") < history.index("Reason: second")


@pytest.mark.parametrize("reason", [None, "", "   ", "\x01\u200b ", "x" * 201])
def test_without_a_good_reason_nothing_is_shown_or_logged(boss: Client, ann: Session, reason: str | None) -> None:
    answer = boss.post(address("transcript", ann), {} if reason is None else {"reason": reason})
    page = answer.content.decode()
    assert "errorlist" in page
    assert "I told nobody" not in page
    assert not LogEntry.objects.exists()


def test_a_long_reason_of_200_characters_is_taken(boss: Client, ann: Session) -> None:
    boss.post(address("transcript", ann), {"reason": "é" * 200})
    assert LogEntry.objects.get().change_message.endswith("é" * 200)


def test_a_transcript_that_cannot_be_logged_is_not_shown(
    boss: Client, ann: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("django.contrib.admin.models.LogEntryManager.log_actions", full)
    boss.raise_request_exception = False
    answer = boss.post(address("transcript", ann), {"reason": "x"})
    assert answer.status_code == 500
    assert b"I told nobody" not in answer.content


def test_a_chat_in_which_nothing_was_said_has_an_empty_transcript(boss: Client, sessions: SessionManager) -> None:
    silent = sessions.create_session("Silent")
    assert b"Nothing was said yet." in boss.post(address("transcript", silent), {"reason": "x"}).content


# The export


def exported(client: Client, *sessions: Session, **more: object) -> Any:
    form = {"reason": "a request for data", "format": "json", "confirmed": "yes"}
    return client.post(LIST, tick("export", *sessions, **{**form, **more}))


def test_an_export_asks_for_a_reason_first(boss: Client, ann: Session) -> None:
    asked = boss.post(LIST, tick("export", ann)).content.decode()
    assert "You are about to download what was said in this chat." in " ".join(asked.split())
    assert "I told nobody" not in asked
    for wrong in ({"reason": " "}, {"format": "pdf"}, {"reason": "x" * 201}):
        refused = exported(boss, ann, **wrong)
        assert "errorlist" in refused.content.decode()
        assert b"I told nobody" not in refused.content
    assert not LogEntry.objects.exists()


def test_a_chat_is_exported_from_its_own_page_for_a_reason(boss: Client, ann: Session) -> None:
    assert address("export", ann) in text_of(boss, address("change", ann))
    assert "You are about to download" in text_of(boss, address("export", ann))
    assert b"errorlist" in boss.post(address("export", ann), {"confirmed": "yes", "format": "json"}).content
    assert not LogEntry.objects.exists()
    form = {"confirmed": "yes", "reason": "a request for data", "format": "json"}
    file = boss.post(address("export", ann), form)
    assert json.loads(file.content)["messages"][0]["content"] == "I told nobody yet."
    assert LogEntry.objects.get().change_message == "Exported the transcript as json. Reason: a request for data"


def test_one_chat_is_a_file_and_several_are_an_archive(boss: Client, sessions: SessionManager, ann: Session) -> None:
    bob = sessions.create_session("Bob & Co")
    one = exported(boss, ann)
    assert re.match(r'attachment; filename="nono Ann .*\.json"', one["Content-Disposition"])
    assert json.loads(one.content)["messages"][0]["content"] == "I told nobody yet."
    both = exported(boss, ann, bob, format="markdown")
    assert re.match(r'attachment; filename="nono 2 chats .*\.zip"', both["Content-Disposition"])
    assert "no-store" in both["Cache-Control"]
    with zipfile.ZipFile(io.BytesIO(both.content)) as package:
        first, second = package.namelist()
        assert first.startswith("nono Ann ")
        assert second.startswith("nono Bob & Co ")
        assert b"I told nobody yet." in package.read(first)


def test_an_export_leaves_a_trace_for_each_chat_and_tells_its_visitor(
    boss: Client, sessions: SessionManager, raw: redis.Redis, ann: Session
) -> None:
    bob = sessions.create_session("Bob")
    exported(boss, ann, bob)
    logged = LogEntry.objects.order_by("object_repr").values_list("object_repr", "change_message")
    what = "Exported the transcript as json. Reason: a request for data"
    assert list(logged) == [("Ann", what), ("Bob", what)]
    assert raw.hexists("session:Ann", "observed_until")
    assert raw.hexists("session:Bob", "observed_until")


def test_what_is_too_large_for_an_archive_is_refused(
    boss: Client, ann: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_app.export.archive.MAX_BYTES", 10)
    answer = exported(boss, ann)
    assert answer["Location"] == LIST
    assert "Choose fewer" in said_on(boss.get(LIST))


def test_chats_that_ended_are_not_exported(boss: Client, sessions: SessionManager, ann: Session) -> None:
    bob = sessions.create_session("Bob")
    sessions.delete_session("Ann")
    assert "has ended meanwhile" in messages_after(boss, LIST, tick("export", ann))
    assert exported(boss, ann, bob)["Content-Type"] == "application/json"
    assert LogEntry.objects.get().object_repr == "Bob"


# Who may


def everything(session: Session) -> list[tuple[str, str, dict[str, object]]]:
    """Every request that a page of chats takes: method, address, form."""
    return [
        ("get", LIST, {}),
        ("get", address("change", session), {}),
        ("get", address("history", session), {}),
        ("post", LIST, tick("extend", session, confirmed="yes")),
        ("post", address("change", session), {}),
        ("post", LIST, tick("clear", session)),
        ("post", LIST, tick("clear", session, confirmed="yes")),
        ("get", address("transcript", session), {}),
        ("post", address("transcript", session), {"reason": "curious"}),
        ("get", address("export", session), {}),
        ("post", address("export", session), {"confirmed": "yes", "reason": "curious", "format": "json"}),
        ("post", LIST, tick("export", session)),
        ("post", LIST, tick("export", session, confirmed="yes", reason="curious", format="json")),
    ]


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        ((), 0),
        (("read_transcript",), 0),
        (("delete_chatsession",), 0),
        (("view_chatsession",), 3),
        (("view_chatsession", "delete_chatsession"), 7),
    ],
)
def test_each_permission_opens_what_is_its_own(
    operator: Operator, ann: Session, permissions: tuple[str, ...], allowed: int
) -> None:
    client = operator(*permissions)
    answers = [getattr(client, method)(path, data).status_code for method, path, data in everything(ann)[:allowed]]
    assert set(answers) <= {200, 302}
    for method, path, data in everything(ann)[allowed:]:
        assert getattr(client, method)(path, data).status_code == 403, (method, path, data)


def test_who_may_only_view_is_offered_nothing_else(operator: Operator, ann: Session, raw: redis.Redis) -> None:
    client = operator("view_chatsession")
    raw.expire("session:Ann", 5)
    shown = text_of(client, LIST) + text_of(client, address("change", ann))
    for offer in ('name="action"', "action-select", 'value="Extend"', "Clear…", "Read transcript"):
        assert offer not in shown
    client.post(LIST, tick("extend", ann, confirmed="yes"))
    assert raw.ttl("session:Ann") <= 5


def test_who_may_read_transcripts_needs_no_right_to_clear(operator: Operator, ann: Session) -> None:
    client = operator("view_chatsession", "read_transcript")
    assert "Read transcript" in text_of(client, address("change", ann))
    assert b"I told nobody" in client.post(address("transcript", ann), {"reason": "x"}).content
    assert client.post(LIST, tick("clear", ann)).status_code == 403
    offered = text_of(client, LIST)
    assert 'value="export"' in offered
    assert 'value="clear"' not in offered


def test_who_may_clear_is_not_offered_to_read(operator: Operator, ann: Session) -> None:
    offered = text_of(operator("view_chatsession", "delete_chatsession"), LIST)
    assert 'value="clear"' in offered
    assert 'value="export"' not in offered


@pytest.mark.parametrize("is_staff", [None, False])
def test_who_is_no_operator_is_asked_to_sign_in(operator: Operator, ann: Session, is_staff: bool | None) -> None:
    permissions = ("view_chatsession", "delete_chatsession", "read_transcript")
    client = Client() if is_staff is None else operator(*permissions, is_staff=False)
    for method, path, data in everything(ann):
        answer = getattr(client, method)(path, data)
        assert answer.status_code == 302
        assert unquote(answer["Location"]).startswith("/admin/login/?next=/admin/")
    assert not LogEntry.objects.exists()


def test_a_form_without_its_token_is_refused(boss: Client, sessions: SessionManager, ann: Session) -> None:
    boss.handler.enforce_csrf_checks = True
    for method, path, data in everything(ann):
        assert getattr(boss, method)(path, data).status_code == (403 if method == "post" else 200)
    assert sessions.list_active_sessions() == ["Ann"]
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("path", ["add/", "session_Ann_1/delete/", "nothing/"])
def test_chats_are_neither_added_nor_edited_here(boss: Client, raw: redis.Redis, path: str) -> None:
    assert boss.get(LIST + path).status_code == 404


def test_every_page_has_the_name_of_nono(boss: Client, ann: Session) -> None:
    pages = ["/admin/", LIST, address("change", ann), address("history", ann), "/admin/auth/user/"]
    for answer in (*map(boss.get, pages), Client().get("/admin/login/")):
        page = answer.content.decode()
        assert "Nono for operators</a>" in page
        assert re.search(r"<title>[^<]*Nono for operators\s*</title>", page)
        assert "Django" not in re.sub("<[^>]*>", "", page)


def test_the_index_leads_to_the_list(boss: Client) -> None:
    page = text_of(boss, "/admin/")
    assert f'href="{LIST}"' in page
    assert f"{LIST}add/" not in page
    assert re.findall('class="app-([^ ]*) module', page) == ["sessions_app", "admin", "auth"]


# What visitors write


def test_what_visitors_write_is_only_text(boss: Client, sessions: SessionManager, raw: redis.Redis) -> None:
    evil = sessions.create_session("Eve", metadata={SCRIPT: f'"><img src=x onerror=alert(1)>{SCRIPT}'})
    memory.add_message("Eve", "user", f"{SCRIPT}'\"{{{{ 7|add:7 }}}}")
    memory.add_message("Eve", "assistant", SCRIPT, {"state": SCRIPT})
    raw.hset("session:Eve", "persona", SCRIPT)
    raw.hset("session:Eve", "created_at", SCRIPT)
    form = {"reason": SCRIPT}
    pages = [
        *(boss.get(path).content.decode() for path in (LIST, f"{LIST}?q={SCRIPT}", address("change", evil))),
        boss.post(address("transcript", evil), form).content.decode(),
        boss.post(address("transcript", evil), {"reason": SCRIPT * 20}).content.decode(),
        boss.post(LIST, tick("clear", evil)).content.decode(),
        boss.get(address("history", evil)).content.decode(),
        boss.get("/admin/").content.decode(),
    ]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#x27;&quot;{{ 7|add:7 }}" in pages[3]


def test_a_name_that_a_hand_planted_is_only_text(boss: Client, sessions: SessionManager, raw: redis.Redis) -> None:
    sessions.create_session("Eve")
    raw.rename("session:Eve", f"session:{SCRIPT}")
    raw.zadd("session_recency", {SCRIPT: 1})
    raw.hset(f"session:{SCRIPT}", mapping={"session_id": f"session_{SCRIPT}_1", "user_id": SCRIPT})
    page = text_of(boss, LIST)
    assert names_on(page) == [SCRIPT]
    assert "<script>alert" not in page
    assert boss.get(f"{LIST}{quote(f'session_{SCRIPT}_1')}/change/")["Location"] == LIST


def test_damage_is_shown_and_not_crashed_on(boss: Client, raw: redis.Redis, ann: Session) -> None:
    raw.hset(
        "session:Ann",
        mapping={"expires_at": "9" * 20, "metadata": "{", "message_count": "x", "created_at": "", "active_ms": "x"},
    )
    raw.lset("chat_history:Ann", 0, "{")
    raw.lpush("chat_history:Ann", '{"role": 1, "content": {"a": 1}, "timestamp": 5, "metadata": [], "seq": "x"}', "7")
    for path in (LIST, f"{LIST}?age=new", f"{LIST}?idle=30m", address("change", ann)):
        text_of(boss, path)
    assert b"Thank you for telling me." in boss.post(address("transcript", ann), {"reason": "x"}).content


# The store is away


def test_a_store_that_is_away_is_said_in_a_sentence(
    boss: Client, ann: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr("redis.client.Redis.execute_command", away)
    monkeypatch.setattr("redis.client.Pipeline.execute", away)
    for method, path, data in everything(ann):
        answer = getattr(boss, method)(path, data)
        if path == address("history", ann):
            assert answer.status_code == 200
            continue
        assert answer.status_code == 503
        assert answer["Retry-After"]
        assert "The store cannot be reached." in answer.content.decode()
    assert not LogEntry.objects.exists()
