"""The log: one event a line, with ids and known facts, and nobody's words, names, cookies or keys."""

import asyncio
import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from structlog.contextvars import clear_contextvars

from nono import logs
from nono.errors import StoreUnavailable
from nono.logs import sentry
from nono.logs.failures import failure_text
from nono.logs.foreign_records import NoStatuses
from nono.logs.formatter import Formatter
from sessions_app.manager import SessionManager
from tests.support.sockets import chat

SECRET = "my-secret-words"

Written = Callable[[], list[dict[str, Any]]]


class Log:
    """What is written to the log, as ``nono.settings`` has it written."""

    def __init__(self, form: Literal["json", "text"]) -> None:
        self.handler = logging.StreamHandler(io.StringIO())
        self.handler.setFormatter(Formatter(form))
        self.handler.addFilter(NoStatuses())

    @property
    def text(self) -> str:
        return str(self.handler.stream.getvalue())

    def events(self, sentence: str = "") -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.text.splitlines()]
        return [event for event in found if not sentence or event["event"] == sentence]


@pytest.fixture
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    clear_contextvars()
    written = Log(getattr(request, "param", "json"))
    logging.getLogger().addHandler(written.handler)
    yield written
    logging.getLogger().removeHandler(written.handler)
    clear_contextvars()


as_text = pytest.mark.parametrize("log", ["text"], indirect=True)


def test_a_request_is_one_event_with_its_route_and_without_its_address(
    log: Log, api: Client, sessions: SessionManager
) -> None:
    sessions.create_session("John Doe")

    answer = api.get(f"/api/session/John%20Doe/history?token={SECRET}", headers={"cookie": f"a={SECRET}"})

    (event,) = log.events("request")
    assert {name: event[name] for name in ("method", "route", "status")} == {
        "method": "GET",
        "route": "/api/session/<name:user_id>/history",
        "status": 200,
    }
    assert event["session"] == logs.mark_of("John Doe")
    assert event["request_id"] == answer["X-Request-ID"]
    assert event["ms"] >= 0
    assert not re.search(f"John|Doe|{SECRET}", log.text)


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("6f0c-A.b_1", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("a b", False),
        ('"}{', False),
        ("a\nb", False),
        ("ä", False),
    ],
)
def test_an_id_that_the_request_brings_is_kept_where_it_is_harmless(api: Client, given: str, is_kept: bool) -> None:
    answered = api.get("/api/personas", headers={"x-request-id": given})["X-Request-ID"]
    assert (answered == given) is is_kept
    assert is_kept or re.fullmatch("[0-9a-f]{32}", answered)


def test_what_works_by_routine_is_no_event_and_what_fails_there_is(log: Log, api: Client) -> None:
    api.get("/ready")
    api.get("/static/nothing.js")
    assert [event["status"] for event in log.events("request")] == [404]


def test_a_failure_is_one_event_with_its_place_and_the_requests_id(
    log: Log, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(request: HttpRequest) -> HttpResponse:
        words = SECRET
        raise ValueError(f"not understood: {words}")

    monkeypatch.setattr("django.urls.resolvers.URLResolver.resolve", lambda *_: fail(HttpRequest()))

    answer = api.get(f"/api/session/{SECRET}/history")

    assert answer.status_code == 500
    (event,) = [one for one in log.events() if one["level"] == "error"]
    assert event["event"] == "A request failed."
    assert event["request_id"] == answer["X-Request-ID"]
    assert 'tests/web/test_logs.py", line' in event["failure"]
    assert event["failure"].endswith("ValueError (what it says is not shown here)")
    assert SECRET not in log.text


@pytest.mark.django_db(transaction=True)
async def test_a_socket_and_its_reply_have_ids_of_their_own(log: Log, sessions: SessionManager) -> None:
    await asyncio.to_thread(sessions.create_session, "Ann")
    async with chat("Ann") as tab:
        await tab.expect("welcome")
        await tab.send(type="message", text=SECRET)
        reply = await tab.expect("complete")

    opened, closed = log.events("socket opened"), log.events("socket closed")
    assert len(opened) == len(closed) == 1
    assert opened[0]["socket_id"] == closed[0]["socket_id"]
    assert opened[0]["kind"] == "chat"
    assert closed[0]["seconds"] >= 0
    assert closed[0]["code"] == 1000
    (event,) = log.events("reply")
    assert event["reply_id"] == reply["reply_id"]
    assert event["session"] == logs.mark_of("Ann") == opened[0]["session"]
    assert event["state"] == "done"
    assert len(log.events()) == 3  # and none for a piece of the reply
    assert not re.search(f"Ann|{SECRET}", log.text)


@pytest.mark.django_db
async def test_a_socket_that_is_refused_says_with_which_code(log: Log, sessions: SessionManager) -> None:
    async with chat("Nobody") as tab:
        assert await tab.closed_with() == 4404
    assert [event["code"] for event in log.events("socket closed")] == [4404]


@pytest.mark.parametrize(
    "hostile", ['x"} \n{"level":"critical"', "\r\n2026 ERROR", "\x1b[31m\x07", "\u2028\u202e\x85", "\ud800", "\0"]
)
def test_whatever_is_logged_is_one_line_of_ascii(log: Log, hostile: str) -> None:
    # Straight to the handler: a test's report keeps what is logged, and cannot carry half a surrogate pair.
    for fact in ({}, {"route": hostile}):
        log.handler.handle(
            logging.getLogger("nono").makeRecord(
                "nono", logging.WARNING, "", 0, "said %s", (hostile,), None, extra=fact
            )
        )
    assert log.text.isascii()
    assert log.text.count("\n") == 2
    assert all(char.isprintable() for char in log.text.replace("\n", ""))
    assert log.events()[0]["event"] == f"said {hostile}"


@as_text
def test_at_a_terminal_an_event_is_a_line_without_control_characters(log: Log) -> None:
    logging.getLogger("nono.test").warning("said \x1b[31m\n\u202e", extra={"status": 200, "route": "/\r"})
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d warning said \\x1b\[31m\\n\\u202e  route=/\\r status=200\n",
        log.text,
    )


def test_long_facts_are_cut(log: Log) -> None:
    logging.getLogger("nono.test").warning("x" * 1_000_000, extra={"route": "y" * 1_000_000})
    assert len(log.text) < 3000
    assert log.events()[0]["route"].endswith("(1000000 characters)")


def test_facts_that_nobody_announced_do_not_get_out(log: Log) -> None:
    logging.getLogger("nono.test").warning("said", extra={"cookie": SECRET, "request": SECRET, "status": 200})
    assert SECRET not in log.text
    assert log.events()[0]["status"] == 200


def test_other_libraries_say_what_happened_and_not_with_what(log: Log) -> None:
    try:
        int(SECRET)
    except ValueError as error:
        logging.getLogger("daphne.server").error("Exception inside application: %s", error, exc_info=error)
        logging.getLogger("daphne.http_protocol").error("Traceback (most recent call last):\n  %s", SECRET)
        logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task %s>", SECRET)
        logging.getLogger("django.request").error("Internal Server Error: /%s", SECRET, exc_info=error)
    logging.getLogger("django.request").warning("Not Found: /%s", SECRET)
    logging.getLogger("django.security.csrf").warning("Forbidden (%s): %s", "CSRF cookie not set.", f"/{SECRET}")
    assert SECRET not in log.text
    assert [event["event"] for event in log.events()] == [
        "Exception inside application: %s",
        "The web server failed on a request.",
        "Task exception was never retrieved",
        "A request failed.",
        "Forbidden (CSRF cookie not set.)",
    ]


def test_a_failure_says_what_led_to_it_and_only_plain_sentences() -> None:
    def read() -> None:
        try:
            json.loads(SECRET)
        except ValueError as error:
            raise StoreUnavailable("The store cannot be reached.") from error

    with pytest.raises(StoreUnavailable) as raised:
        read()
    text = failure_text(raised.value)
    assert text.index("json.decoder.JSONDecodeError (what it says is not shown here)") < text.index("which led to:")
    assert text.endswith("nono.errors.StoreUnavailable: The store cannot be reached.")
    assert SECRET not in text


def test_a_group_of_failures_tells_each_of_them() -> None:
    text = failure_text(ExceptionGroup(SECRET, [TypeError("no such argument"), KeyError(SECRET)]))
    assert text.count("of which:") == 2
    assert "TypeError: no such argument" in text
    assert SECRET not in text


def test_a_mark_tells_sessions_apart_and_takes_the_key(settings: Any) -> None:
    ann = logs.mark_of("Ann")
    assert ann != logs.mark_of("Bob")
    settings.SECRET_KEY = "another" * 10
    assert ann != logs.mark_of("Ann")


def test_sentry_gets_kinds_and_places_only(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: dict[str, Any] = {}
    monkeypatch.setitem(sys.modules, "sentry_sdk", SimpleNamespace(init=lambda **options: begun.update(options)))
    sentry.begin("https://key@sentry.example.org/1")
    assert begun["send_default_pii"] is False
    assert begun["include_local_variables"] is False
    assert begun["max_request_body_size"] == "never"
    failure = TypeError("one argument too many")
    failure.__cause__ = ValueError(SECRET)
    event = {
        "level": "error",
        "request": {"url": SECRET, "method": "GET", "headers": {"cookie": SECRET}, "query_string": SECRET},
        "logentry": {"message": "Internal Server Error: %s", "params": [SECRET], "formatted": SECRET},
        "breadcrumbs": {"values": [SECRET]},
        "extra": {"sys.argv": SECRET},
        "user": {"ip_address": SECRET},
        "transaction": f"/chat/{SECRET}",
        "exception": {
            "values": [{"type": "ValueError", "value": SECRET}, {"type": "TypeError", "value": "one argument too many"}]
        },
    }
    told = begun["before_send"](event, {"exc_info": (TypeError, failure, None)})
    assert SECRET not in json.dumps(told)
    assert [one["value"] for one in told["exception"]["values"]] == ["(not shown)", "one argument too many"]
