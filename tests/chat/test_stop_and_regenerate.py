"""Stopping a reply and asking for another: from any tab, at once, with nothing lost but what was taken back."""

import asyncio
import json
from typing import Any

import pytest
import redis
from django.test import AsyncClient
from pytest_django.fixtures import Settings

from chat_app.live import reconciler
from chat_app.memory import ChatMemoryManager, append_of
from chat_app.messages import new_message
from chat_app.responders import openai
from nono import store
from nono.realtime import notifications
from nono.store import operations
from sessions_app.manager import SessionManager
from tests.conftest import Do
from tests.support.scripted_endpoint import ModelEndpoint, hangs, piece, refuses, says, sends
from tests.support.sockets import chat

pytestmark = pytest.mark.django_db(transaction=True)
memory = ChatMemoryManager()


@pytest.fixture
def model(model: ModelEndpoint) -> ModelEndpoint:
    """The endpoint answers in two pieces."""
    model.conducts = [says("One ", "two.")]
    return model


async def history() -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = (await AsyncClient().get("/api/session/Ann/history")).json()["messages"]
    return messages


def same_clock(raw: redis.Redis) -> bool:
    """Tells whether all keys of the chat die together."""
    return len({raw.pexpiretime(str(key)) for key in raw.keys("*:Ann") if key != "chat_lease:Ann"}) == 1


TALKING = sends(piece("One "), None)
"""Says a word and is not done."""


async def test_stop_keeps_what_was_said_and_hangs_up_on_the_endpoint(model: ModelEndpoint) -> None:
    model.conducts = [TALKING]
    async with chat("Ann") as tab, chat("Ann") as other:
        await tab.send(text="Hello?")
        await tab.expect("chunk")
        await other.send(type="stop")
        complete = await tab.expect("complete")
        assert await other.expect("complete") == complete
    assert (complete["state"], complete["response"]) == ("stopped", "One ")
    await asyncio.wait_for(model.hung_up.get(), 1)
    assert [(one["content"], one["metadata"].get("state")) for one in await history()] == [
        ("Hello?", None),
        ("One ", "stopped"),
    ]


@pytest.mark.parametrize("conduct", [hangs, refuses(503)], ids=["waiting for the model", "between two tries"])
async def test_stop_before_the_first_token_is_an_empty_stopped_reply(
    model: ModelEndpoint, conduct: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai, "PAUSES", (10, 10))
    model.conducts = [conduct]
    async with chat("Ann") as tab:
        await tab.send(text="Hello?")
        await tab.expect("start")
        await asyncio.wait_for(model.asked.wait(), 5)
        await tab.send(type="stop")
        complete = await tab.expect("complete")
    assert (complete["state"], complete["response"]) == ("stopped", "")


async def test_stop_ends_one_reply_and_not_the_next(model: ModelEndpoint) -> None:
    model.conducts = [TALKING, says("Two.")]
    async with chat("Ann") as tab:
        await tab.send(text="one")
        await tab.expect("chunk")
        await tab.send(text="two")
        await tab.expect("message")
        await tab.send(type="stop")
        first, second = await tab.expect("complete"), await tab.expect("complete")
    assert (first["state"], second["state"], second["response"]) == ("stopped", "done", "Two.")


async def test_stop_without_a_reply_is_ignored(model: ModelEndpoint, raw: redis.Redis) -> None:
    async with chat("Ann") as tab:
        await tab.send(type="stop")
        await tab.send(type="ping")
        await tab.expect("pong")
        await tab.send(text="Hello?")
        assert (await tab.expect("complete"))["state"] == "done"
        await tab.send(type="stop")
        await tab.send(text="Hello?")
        assert (await tab.expect("complete"))["state"] == "done"
    assert "error" not in [frame["type"] for frame in tab.seen]
    assert raw.hget("session:Ann", "stop") is None


async def test_a_wish_to_stop_is_heard_through_the_store(model: ModelEndpoint, raw: redis.Redis) -> None:
    model.conducts = [TALKING]
    async with chat("Ann") as tab:
        await tab.send(text="Hello?")
        await tab.expect("chunk")
        epoch = str(raw.hget("session:Ann", "epoch"))
        assert not await store.arun(operations.stop("Ann", "another life"))
        assert await store.arun(operations.stop("Ann", epoch))
        assert same_clock(raw)
        assert (await tab.expect("complete"))["state"] == "stopped"


async def die(raw: redis.Redis, *texts: str) -> tuple[str, str]:
    """Leaves what a process leaves that died while it said a reply; returns epoch and reply_id."""
    await memory.aadd_message("Ann", "user", "Hello?")
    epoch = str(raw.hget("session:Ann", "epoch"))
    await store.arun(operations.acquire_reply("Ann", epoch, "its lease", 20, "its reply"))
    started = {"reply_id": "its reply", "in_reply_to": "1", "context_from": "1"}
    for entry in (started, *({"text": text} for text in texts)):
        await store.arun(operations.append_reply_chunk("Ann", "its lease", entry))
    return epoch, "its reply"


async def test_a_reply_that_was_to_stop_is_not_begun_again_when_its_process_died(
    model: ModelEndpoint, raw: redis.Redis
) -> None:
    epoch, _ = await die(raw, "What it ", "said")
    await store.arun(operations.stop("Ann", epoch))
    raw.delete("chat_lease:Ann")
    async with chat("Ann") as tab:
        assert (await tab.next())["reply"] == "What it said"
        await reconciler.reconcile()
        complete = await tab.expect("complete")
    assert (complete["state"], complete["response"], model.questions) == ("stopped", "What it said", [])


@pytest.mark.parametrize(("attempts", "state", "text"), [(2, "done", "One two."), (3, "interrupted", "What it said")])
async def test_a_reply_whose_process_died_is_taken_up_at_most_twice(
    model: ModelEndpoint, raw: redis.Redis, attempts: int, state: str, text: str
) -> None:
    await die(raw, "What it ", "said")
    raw.hset("session:Ann", "attempts", attempts)
    raw.delete("chat_lease:Ann")
    async with chat("Ann") as tab:
        await tab.next()
        await reconciler.reconcile()
        complete = await tab.expect("complete")
    assert (complete["state"], complete["response"]) == (state, text)
    assert [one["seq"] for one in await history()] == [1, 2]


async def test_regenerate_puts_another_reply_in_place_of_the_last(model: ModelEndpoint, raw: redis.Redis) -> None:
    model.conducts = [says("First."), says("Sec", "ond.")]
    async with chat("Ann") as tab, chat("Ann") as other:
        await tab.send(text="Hello?")
        first = await tab.expect("complete")
        await tab.send(type="regenerate")
        replaced = await other.expect("replaced")
        assert (replaced["reply_id"], replaced["seq"]) == (first["reply_id"], 2)
        start = await other.expect("start")
        second = await other.expect("complete")
        assert await tab.expect("complete") == second
    assert (second["response"], second["message"]["seq"]) == ("Second.", 2)
    assert start["reply_id"] == second["reply_id"] != first["reply_id"]
    assert other.text_of(second["reply_id"]) == "Second."
    assert [one["content"] for one in await history()] == ["Hello?", "Second."]
    assert [one["role"] for one in model.questions[1]["messages"]] == ["system", "user"]
    assert raw.hget("session:Ann", "message_count") == "2"
    assert same_clock(raw)


async def test_a_failed_reply_can_be_tried_again(model: ModelEndpoint) -> None:
    model.conducts = [refuses(400), says("Hi.")]
    async with chat("Ann") as tab:
        await tab.send(text="Hello?")
        assert (await tab.expect("complete"))["state"] == "error"
        await tab.send(type="regenerate")
        assert (await tab.expect("complete"))["response"] == "Hi."
    assert len(await history()) == 2


async def test_a_tab_that_missed_a_replacement_gets_the_whole_history(model: ModelEndpoint) -> None:
    async with chat("Ann") as tab:
        old = (await tab.next())["epoch"]
        await tab.send(text="Hello?")
        await tab.expect("complete")
        await tab.send(type="regenerate")
        new = (await tab.expect("replaced"))["epoch"]
        await tab.expect("complete")
    async with chat("Ann", f"?epoch={old}&after=2") as late:
        welcome = await late.next()
        assert (welcome["recovered"], len(welcome["messages"]), welcome["epoch"]) == (False, 2, new)
    async with chat("Ann", f"?epoch={new}&after=2") as back:
        welcome = await back.next()
        assert (welcome["recovered"], welcome["messages"]) == (True, [])


async def replace_elsewhere(epoch: str, text: str) -> None:
    """Replaces the last reply as another process does."""
    assert await store.arun(operations.regenerate("Ann", epoch)) == "replaced"
    reply = new_message("assistant", text, metadata={"in_reply_to": 1})
    assert (await store.arun(append_of("Ann", epoch, "reply:1", reply, in_reply_to=1))).outcome == "stored"


async def test_what_another_process_replaced_is_told_by_the_reconciler(
    model: ModelEndpoint, raw: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chat("Ann") as tab:
        epoch = (await tab.next())["epoch"]
        await tab.send(text="Hello?")
        first = await tab.expect("complete")
        await lose_bells(monkeypatch)
        await replace_elsewhere(epoch, "Second.")
        await reconciler.reconcile()
        assert (await tab.expect("replaced"))["reply_id"] == first["reply_id"]
        second = await tab.expect("complete")
        assert (second["response"], second["message"]["seq"]) == ("Second.", 2)


async def test_more_replacements_than_can_be_told_one_by_one_are_told_as_a_whole(
    model: ModelEndpoint, raw: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chat("Ann") as tab:
        epoch = (await tab.next())["epoch"]
        await tab.send(text="Hello?")
        await tab.expect("complete")
        await lose_bells(monkeypatch)
        await replace_elsewhere(epoch, "Second.")
        await replace_elsewhere(epoch, "Third.")
        await reconciler.reconcile()
        welcome = await tab.expect("welcome")
    assert [one["content"] for one in welcome["messages"]] == ["Hello?", "Third."]
    assert welcome["epoch"] != epoch
    assert not {"cleared", "restored"} & {frame["type"] for frame in tab.seen}


async def lose_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lose(*_: Any) -> None: ...

    monkeypatch.setattr(notifications, "_send", lose)


async def test_nothing_is_replaced_where_no_reply_is_the_last_word(model: ModelEndpoint) -> None:
    model.conducts = [TALKING]
    async with chat("Ann") as tab:
        await tab.send(type="regenerate")
        assert "no reply" in (await tab.expect("error"))["message"]
        await tab.send(text="Hello?")
        await tab.expect("chunk")
        await tab.send(type="regenerate")
        refused = await tab.expect("error")
        assert (refused["code"], "being written" in refused["message"]) == ("invalid_request", True)
        await tab.send(type="stop")
        await tab.expect("complete")
    assert len(await history()) == 2


async def test_two_tabs_that_ask_at_once_replace_one_reply(model: ModelEndpoint) -> None:
    async with chat("Ann") as tab, chat("Ann") as other:
        await tab.send(text="Hello?")
        await tab.expect("complete")
        await other.expect("complete")
        model.conducts = [says("Second.", pause=0.1)]
        await asyncio.gather(tab.send(type="regenerate"), other.send(type="regenerate"))
        await tab.expect("complete")
        await other.expect("complete")
    assert [one["content"] for one in await history()] == ["Hello?", "Second."]
    assert len(model.questions) == 2


async def test_what_is_said_while_the_new_reply_comes_keeps_its_place(model: ModelEndpoint) -> None:
    async with chat("Ann") as tab:
        await tab.send(text="one")
        await tab.expect("complete")
        model.conducts = [TALKING, says("Both.")]
        await tab.send(type="regenerate")
        await tab.expect("chunk")
        await tab.send(text="two")
        assert (await tab.expect("message"))["message"]["seq"] == 2
        await tab.send(type="stop")
        await tab.expect("complete")
        await tab.expect("complete")
    assert [(one["seq"], one["content"]) for one in await history()] == [
        (1, "one"),
        (2, "two"),
        (3, "One "),
        (4, "Both."),
    ]


async def test_regenerate_counts_as_a_message(model: ModelEndpoint, settings: Settings) -> None:
    async with chat("Ann") as tab:
        await tab.send(text="Hello?")
        await tab.expect("complete")
        settings.NONO_RATE_LIMITS = True
        for _ in range(10):
            await tab.send(type="regenerate")
            await tab.expect("complete")
        await tab.send(type="regenerate")
        assert (await tab.expect("error"))["code"] == "rate_limited"


@pytest.mark.parametrize("kind", ["stop", "regenerate"])
async def test_a_chat_that_is_gone_has_nothing_to_stop_or_replace(
    model: ModelEndpoint, do: Do, sessions: SessionManager, kind: str
) -> None:
    async with chat("Ann") as tab:
        await tab.next()
        await do(sessions.delete_session, "Ann")
        await tab.expect("cleared")
        await tab.send_text(json.dumps({"type": kind}))
        assert (await tab.expect("error"))["code"] == "session_not_found"
