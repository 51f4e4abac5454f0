"""Retry-After: what is near is waited for, what is far fails at once and says when, what is no time counts as none."""

import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from sessions_app.manager import SessionManager
from tests.responders.beside import PATIENCE, bob_beside
from tests.responders.scenarios import BOTH, How, Stage, ways
from tests.support.scripted_endpoint import hangs, refuses, says
from tests.support.sockets import chat

NO_TIME = {
    "NaN": "NaN",
    "-nan": "-nan",
    "infinity": "inf",
    "minus infinity": "-Infinity",
    "negative": "-5",
    "negative and huge": "-1e400",
    "text": "soon",
    "nothing": "",
    "a date of no month": "Wed, 21 Foo 2026 07:28:00 GMT",
    "a date of no day": "Wed, 99 Oct 2026 99:99:99 GMT",
    "a date without a zone": "Wed, 21 Oct 2015 07:28:00",
    "a date with a zone that is none": "Wed, 21 Oct 2015 07:28:00 -9999",
    "a date in ISO 8601": "2015-10-21T07:28:00Z",
    "a date of the past": "Wed, 21 Oct 2015 07:28:00 GMT",
    "digits of another script": "٣٦٠٠",
    "wide digits": "３６００",
    "a power": "²",
    "an underscore": "3_600",
    "an exponent": "1e9",
    "hexadecimal": "0xFFFF",
    "a list": "3600, 7200",
    "with a unit": "3600s",
}
HUGE = {
    "a huge number": "9" * 30,
    "a longer number": "9" * 5000,
    "beyond every date": str(10**12),
    "a date far away": "Fri, 31 Dec 9999 23:59:59 GMT",
    "a date far away in the west": "Fri, 31 Dec 9999 23:59:59 -1200",
}
FAR = {
    "an hour": lambda: "3600",
    "an hour as a date": lambda: format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True),
    "an hour as a date of another zone": lambda: format_datetime(
        datetime.now(UTC).astimezone(timezone(timedelta(hours=5))) + timedelta(hours=1)
    ),
}


@pytest.fixture(autouse=True)
async def _bob(stage: Stage) -> None:
    await stage.do(SessionManager().create_session, "Bob")


@ways(*BOTH)
@pytest.mark.parametrize("value", NO_TIME.values(), ids=NO_TIME)
async def test_what_is_no_time_counts_as_none(stage: Stage, value: str, how: How) -> None:
    began = time.monotonic()
    async with bob_beside(stage, refuses(429, Retry_After=value), says("Hi.")):
        assert await stage.ask(how) == "Hi."
        assert time.monotonic() - began < PATIENCE
    assert (await stage.last_reply())["metadata"]["state"] == "done"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", ["NaN", "inf", "-5", "soon"])
async def test_an_endpoint_that_stays_busy_is_given_up(stage: Stage, value: str, status: int) -> None:
    stage.settings.LLM_FIRST_BYTE_TIMEOUT = 1.0
    began = time.monotonic()
    async with bob_beside(stage, refuses(status, Retry_After=value)):
        await stage.ask("rest")
        assert time.monotonic() - began < PATIENCE
    assert stage.status == 502
    assert (await stage.last_reply())["metadata"]["reason"] == "busy"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", HUGE.values(), ids=HUGE)
async def test_what_is_beyond_all_patience_fails_at_once(stage: Stage, value: str, status: int) -> None:
    stage.settings.LLM_FIRST_BYTE_TIMEOUT = 2.0
    async with bob_beside(stage, refuses(status, Retry_After=value)):
        began = time.monotonic()
        await stage.ask("rest")
        assert time.monotonic() - began < PATIENCE
    assert stage.status == 502
    told = (await stage.last_reply())["metadata"]
    assert (told["state"], told["reason"]) == ("error", "busy")
    if "retry_at" in told:
        assert datetime.fromisoformat(told["retry_at"]).utcoffset() == timedelta(0)


@ways(*BOTH)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", FAR.values(), ids=FAR)
async def test_what_is_far_fails_at_once_and_says_when(stage: Stage, value: Any, status: int, how: How) -> None:
    async with bob_beside(stage, refuses(status, Retry_After=value())):
        began = time.monotonic()
        await stage.ask(how)
        assert time.monotonic() - began < PATIENCE
    told = (await stage.last_reply())["metadata"]
    assert (told["state"], told["reason"]) == ("error", "busy")
    left = datetime.fromisoformat(told["retry_at"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1, seconds=1)
    if how == "rest":
        assert stage.status == 502
        assert 3500 < int(stage.retry_after or 0) <= 3601
    assert len([one for one in stage.model.questions if one["messages"][-1]["content"] == "Hello?"]) == 1


@pytest.mark.parametrize("value", ["0", "1", " 1 ", "+1"])
async def test_what_is_near_is_waited_for(stage: Stage, value: str) -> None:
    async with bob_beside(stage, refuses(429, Retry_After=value), says("Hi.")):
        began = time.monotonic()
        assert await stage.ask("socket") == "Hi."
        waited = time.monotonic() - began
    assert waited < PATIENCE
    if value == "1":
        assert waited >= 0.9


async def test_a_date_that_is_near_is_waited_for(stage: Stage) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    async with bob_beside(stage, refuses(429, Retry_After=soon), says("Hi.")):
        assert await stage.ask("rest") == "Hi."


async def test_a_reply_that_waits_can_be_stopped(stage: Stage) -> None:
    stage.model.conducts = [refuses(429, Retry_After="2"), hangs]
    async with chat("Ann") as tab:
        await tab.send(text="Hello?")
        await tab.expect("start")
        await tab.send(type="stop")
        assert (await tab.expect("complete"))["state"] == "stopped"
