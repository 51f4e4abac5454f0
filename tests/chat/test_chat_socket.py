"""The socket of one chat: what a tab is told, in which order, and what it may not do."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis
from pytest_django.fixtures import Settings

from chat_app import responders
from chat_app.context import ContextWindow
from chat_app.live import reconciler, replies
from chat_app.live.registry import open_rooms
from chat_app.memory import ChatMemoryManager
from nono.realtime import notifications
from sessions_app.access import COOKIE, Visitor
from sessions_app.manager import SessionManager
from tests.conftest import Do
from tests.support.sockets import Tab, chat

pytestmark = pytest.mark.django_db(transaction=True)
memory = ChatMemoryManager()


class Dictated:
    """A responder that says what the test puts into it, when it does."""

    def __init__(self) -> None:
        self.pieces: asyncio.Queue[str | None] = asyncio.Queue()
        self.windows: list[ContextWindow] = []

    async def stream(self, window: ContextWindow) -> AsyncIterator[str]:
        self.windows.append(window)
        while (piece := await self.pieces.get()) is not None:
            yield piece

    def say(self, *pieces: str | None) -> None:
        for piece in pieces:
            self.pieces.put_nowait(piece)


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> Dictated:
    dictated = Dictated()
    monkeypatch.setattr(responders, "responder", lambda _persona: dictated)
    return dictated


async def test_the_first_frame_is_a_welcome_that_says_where_the_chat_stands(do: Do) -> None:
    async with chat("Ann") as tab:
        welcome = await tab.next()
    assert welcome["type"] == "welcome"
    assert welcome["session"]["user_id"] == "Ann"
    assert (welcome["seq"], welcome["recovered"], welcome["messages"]) == (0, False, [])
    assert (welcome["reply"], welcome["running"]) == (None, None)
    assert welcome["epoch"]
    assert welcome["server_time"]


async def test_a_message_is_acknowledged_and_its_reply_streams_to_what_history_keeps(do: Do) -> None:
    async with chat("Ann") as tab:
        client_id = str(uuid.uuid4())
        await tab.send(type="message", text="hello there", client_id=client_id)
        stored = await tab.expect("message")
        complete = await tab.expect("complete")
    assert (stored["message"]["content"], stored["client_id"], stored["duplicate"]) == ("hello there", client_id, False)
    kinds = [frame["type"] for frame in tab.seen if frame["type"] != "session"]
    assert kinds[:3] == ["welcome", "message", "start"]
    assert kinds.count("chunk") >= 2
    assert tab.text_of(complete["reply_id"]) == complete["response"]
    history = await do(memory.get_messages, "Ann")
    assert [one.content for one in history.messages] == ["hello there", complete["response"]]
    assert complete["state"] == "done"


async def test_the_originals_frame_without_a_type_is_a_message(do: Do) -> None:
    async with chat("Ann") as tab:
        await tab.send(text="hello")
        assert (await tab.expect("complete"))["response"]


async def test_sending_again_stores_once_and_says_so(do: Do, raw: redis.Redis, voice: Dictated) -> None:
    async with chat("Ann") as tab, chat("Ann") as other:
        client_id = str(uuid.uuid4())
        await other.expect("welcome")
        for _ in range(2):
            await tab.send(type="message", text="hello", client_id=client_id)
        first, second = await tab.expect("message"), await tab.expect("message")
        voice.say("hi", None)
        await other.expect("complete")
    assert (first["duplicate"], second["duplicate"]) == (False, True)
    assert first["message"] == second["message"]
    assert [frame["type"] for frame in other.seen].count("message") == 1
    assert raw.llen("chat_history:Ann") == 2


async def test_every_tab_sees_the_chat_and_a_late_one_what_was_said_so_far(do: Do, voice: Dictated) -> None:
    async with chat("Ann") as first:
        await first.send(text="hello")
        voice.say("One ")
        await first.expect("chunk")
        async with chat("Ann") as late:
            welcome = await late.next()
            assert (welcome["reply"], welcome["running"]["in_reply_to"]) == ("One ", 1)
            assert welcome["seq"] == 1
            voice.say("two ", "three", None)
            complete = await late.expect("complete")
        assert (await first.expect("complete")) == complete
    assert complete["response"] == "One two three"
    rest = "".join(frame["content"] for frame in late.seen if frame["type"] == "chunk")
    assert rest == "two three"


async def test_a_tab_that_closes_does_not_cancel_the_reply(do: Do, voice: Dictated) -> None:
    async with chat("Ann") as tab:
        await tab.send(text="hello")
        await tab.expect("start")
    voice.say("still ", "here", None)
    async with chat("Ann") as again:
        await again.next()
        if again.seen[0]["seq"] < 2:
            await again.expect("complete")
    history = await do(memory.get_messages, "Ann")
    assert history.messages[-1].content == "still here"


async def test_stop_and_ping_are_heard_while_a_reply_runs(do: Do, voice: Dictated) -> None:
    async with chat("Ann") as tab:
        await tab.send(text="hello")
        await tab.expect("start")
        await tab.send(type="ping")
        assert (await tab.expect("pong"))["server_time"]
        voice.say("done", None)
        await tab.expect("complete")


async def test_messages_that_come_while_a_reply_runs_are_answered_together(do: Do, voice: Dictated) -> None:
    async with chat("Ann") as tab:
        await tab.send(text="one")
        await tab.expect("start")
        await tab.send(text="two")
        await tab.send(text="three")
        await tab.expect("message")
        await tab.expect("message")
        voice.say("first", None, "second", None)
        first, second = await tab.expect("complete"), await tab.expect("complete")
    assert first["message"]["metadata"]["in_reply_to"] == 1
    assert second["message"]["metadata"]["in_reply_to"] == 3
    assert [one.content for one in voice.windows[1].messages] == ["one", "two", "three", "first"]
    assert len(voice.windows) == 2


async def test_a_socket_comes_back_to_where_it_was(do: Do) -> None:
    async with chat("Ann") as tab:
        epoch = (await tab.next())["epoch"]
    for i in range(1, 5):
        await do(memory.add_message, "Ann", "assistant", f"m{i}")
    async with chat("Ann", f"?epoch={epoch}&after=2") as tab:
        welcome = await tab.next()
    assert welcome["recovered"] is True
    assert [one["seq"] for one in welcome["messages"]] == [3, 4]


@pytest.mark.parametrize("query", ["?epoch=another&after=2", "?epoch={epoch}&after=99", "?after=2", "?epoch={epoch}"])
async def test_a_socket_that_cannot_come_back_gets_the_whole_history(do: Do, query: str) -> None:
    for i in range(1, 4):
        await do(memory.add_message, "Ann", "assistant", f"m{i}")
    async with chat("Ann") as tab:
        epoch = (await tab.next())["epoch"]
    async with chat("Ann", query.format(epoch=epoch)) as tab:
        welcome = await tab.next()
    assert welcome["recovered"] is False
    assert [one["seq"] for one in welcome["messages"]] == [1, 2, 3]


async def test_what_another_process_does_arrives_by_a_notification(do: Do) -> None:
    async with chat("Ann") as tab:
        await tab.next()
        await do(memory.add_message, "Ann", "assistant", "from elsewhere", {"state": "done"})
        complete = await tab.expect("complete")
    assert complete["response"] == "from elsewhere"
    assert tab.text_of(complete["reply_id"]) == "from elsewhere"


async def test_without_any_notification_every_tab_converges_by_the_reconciler(
    do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(*_: Any, **__: Any) -> None: ...

    monkeypatch.setattr(notifications, "_send", lose)
    monkeypatch.setattr(reconciler, "INTERVAL_S", 0.05)
    async with chat("Ann") as tab:
        await tab.next()
        await do(memory.add_message, "Ann", "assistant", "from elsewhere")
        assert (await tab.expect("complete"))["response"] == "from elsewhere"


async def test_clear_and_undo_reach_every_tab(do: Do, sessions: SessionManager) -> None:
    await do(memory.add_message, "Ann", "assistant", "kept")
    async with chat("Ann") as tab, chat("Ann") as other:
        epoch = (await tab.next())["epoch"]
        await other.next()
        await do(sessions.delete_session, "Ann")
        assert (await tab.expect("cleared"))["epoch"] == (await other.expect("cleared"))["epoch"] == epoch
        await tab.send(text="into the void")
        assert (await tab.expect("error"))["code"] == "session_not_found"
        await do(sessions.undo, "Ann")
        assert (await tab.expect("restored"))["epoch"] == epoch
        assert [one["content"] for one in (await tab.expect("welcome"))["messages"]] == ["kept"]
        assert (await other.expect("restored"))["epoch"] == epoch


async def test_a_reply_that_runs_when_the_chat_is_cleared_never_comes_back(
    do: Do, sessions: SessionManager, raw: redis.Redis, voice: Dictated
) -> None:
    async with chat("Ann") as tab:
        await tab.send(text="hello")
        await tab.expect("start")
        await do(sessions.delete_session, "Ann")
        await do(sessions.create_session, "Ann")
        voice.say("late", None)
        await tab.expect("cleared")
    await replies.drain(10)
    assert raw.llen("chat_history:Ann") == 0


async def test_a_tab_hears_at_once_that_its_name_lives_again(
    do: Do, sessions: SessionManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciler, "INTERVAL_S", 3600)
    async with chat("Ann") as tab:
        first = (await tab.expect("welcome"))["epoch"]
        await do(sessions.delete_session, "Ann")
        await tab.expect("cleared")
        await do(sessions.create_session, "Ann")
        assert (await tab.expect("welcome"))["epoch"] != first


async def test_a_chat_begun_anew_amid_a_reply_gets_its_own_reply_at_once(
    do: Do, sessions: SessionManager, raw: redis.Redis, voice: Dictated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciler, "INTERVAL_S", 3600)
    async with chat("Ann") as tab:
        await tab.send(text="hello")
        voice.say("of the first life ")
        await tab.expect("chunk")
        await do(sessions.delete_session, "Ann")
        await do(sessions.create_session, "Ann")
        await tab.expect("cleared")
        await tab.expect("welcome")
        await tab.send(text="hello again")
        await tab.expect("start")
        voice.say("of the second", None)
        complete = await tab.expect("complete")
    assert complete["response"] == tab.text_of(complete["reply_id"]) == "of the second"
    assert raw.llen("chat_history:Ann") == 2


async def test_a_tab_that_comes_while_the_last_one_leaves_hears_the_reply(do: Do, voice: Dictated) -> None:
    gate = asyncio.Event()
    coming = chat("Ann")
    async with chat("Ann") as leaving:
        await leaving.expect("welcome")
        room = open_rooms()["Ann"]
        read = room._read

        async def read_late(**keywords: Any) -> Any:
            await gate.wait()
            return await read(**keywords)

        room._read = read_late  # type: ignore[method-assign]
        assert await coming.is_accepted()
        async with asyncio.timeout(5):
            while not room.refcount:  # noqa: ASYNC110  nothing tells of it
                await asyncio.sleep(0.01)
    gate.set()
    await coming.expect("welcome")
    await coming.send(text="hello")
    voice.say("heard", None)
    assert (await coming.expect("complete"))["response"] == "heard"
    assert open_rooms()["Ann"] is room


async def test_expiry_is_said_when_it_happens(do: Do, raw: redis.Redis) -> None:
    async with chat("Ann") as tab:
        await tab.next()
        raw.hset("session:Ann", "expires_at", raw.time()[0] * 1000 + 1)
        open_rooms()["Ann"].session = None
        await open_rooms()["Ann"].catch_up()
        raw.delete("session:Ann")
        await reconciler.reconcile()
        assert await tab.expect("expired")


async def test_extend_winds_the_clock_and_tells_every_tab(do: Do, raw: redis.Redis) -> None:
    raw.expire("session:Ann", 100)
    raw.hset("session:Ann", "expires_at", raw.time()[0] * 1000 + 100_000)
    async with chat("Ann") as tab, chat("Ann") as other:
        before = (await tab.next())["session"]["expires_at"]
        await other.expect("welcome")
        await tab.send(type="extend")
        after = (await other.expect("session"))["session"]["expires_at"]
    assert after > before
    assert raw.ttl("session:Ann") == 3600


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "invalid_request"),
        ("[]", "invalid_request"),
        ("null", "invalid_request"),
        ('"message"', "invalid_request"),
        ('{"type":"dance"}', "invalid_request"),
        ('{"type":["message"],"text":"a"}', "invalid_request"),
        ('{"type":"message"}', "invalid_request"),
        ('{"type":"message","text":""}', "invalid_request"),
        ('{"type":"message","text":"  "}', "invalid_request"),
        ('{"type":"message","text":1}', "invalid_request"),
        ('{"type":"message","text":"a","role":"assistant"}', "invalid_request"),
        ('{"type":"message","text":"a","client_id":"x"}', "invalid_request"),
        ('{"type":"message","text":"\\ud800"}', "invalid_request"),
        ('{"type":"message","text":NaN}', "invalid_request"),
        ('{"type":"message","text":"' + "x" * 4001 + '"}', "invalid_request"),
        ("[" * 5000, "invalid_request"),
        ("x" * 16_385, "too_large"),
    ],
)
async def test_a_bad_frame_gets_a_sentence_and_the_socket_stays(do: Do, text: str, code: str) -> None:
    async with chat("Ann") as tab:
        await tab.next()
        await tab.send_text(text)
        refused = await tab.expect("error")
        assert refused["code"] == code
        assert refused["message"].endswith(".")
        await tab.send(type="ping")
        await tab.expect("pong")


async def test_a_binary_frame_gets_a_sentence(do: Do) -> None:
    async with chat("Ann") as tab:
        await tab.send_bytes(b"\x00\x01")
        assert (await tab.expect("error"))["code"] == "invalid_request"


async def test_a_refusal_names_the_message_it_is_about(do: Do, settings: Settings, voice: Dictated) -> None:
    settings.NONO_RATE_LIMITS = True
    async with chat("Ann") as tab:
        ids = [str(uuid.uuid4()) for _ in range(11)]
        for id in ids:
            await tab.send(text="hello", client_id=id)
        refused = await tab.expect("error")
        voice.say("hi", None, "hi", None)
        await tab.expect("complete")
    assert (refused["code"], refused["client_id"]) == ("rate_limited", ids[10])
    assert refused["retry_after"] >= 1


async def test_over_twenty_bad_frames_a_minute_close_the_socket(do: Do) -> None:
    async with chat("Ann") as tab:
        for _ in range(21):
            await tab.send_text("{")
        assert await tab.closed_with() == 4400


@pytest.mark.parametrize(
    ("name", "code"),
    [("Nobody", "session_not_found"), ("a/b", "invalid_user_id"), ("*", "invalid_user_id"), ("", "invalid_user_id")],
)
async def test_a_chat_that_is_not_there_is_refused_readably(do: Do, name: str, code: str) -> None:
    async with chat(name) as tab:
        assert (await tab.next())["code"] == code
        assert await tab.closed_with() == 4404


async def test_a_strangers_chat_looks_like_none_on_a_private_installation(
    do: Do, sessions: SessionManager, settings: Settings
) -> None:
    settings.NONO_ACCESS = "private"
    owner = Visitor.from_cookie(None)
    await do(sessions.create_session, "Bob", owner=owner.owner)
    async with chat("Bob", cookie=f"{COOKIE}={owner.new_cookie}") as tab:
        assert (await tab.next())["type"] == "welcome"
    async with chat("Bob") as stranger:
        refused = await stranger.next()
        assert refused["message"] == "There is no session named 'Bob'."
        assert await stranger.closed_with() == 4404


async def test_a_name_that_passes_to_somebody_else_closes_the_first_ones_tabs(
    do: Do, sessions: SessionManager, settings: Settings
) -> None:
    settings.NONO_ACCESS = "private"
    owner = Visitor.from_cookie(None)
    await do(sessions.create_session, "Bob", owner=owner.owner)
    async with chat("Bob", cookie=f"{COOKIE}={owner.new_cookie}") as tab:
        await tab.next()
        await do(sessions.delete_session, "Bob")
        await do(sessions.create_session, "Bob", owner="somebody else")
        assert await tab.closed_with() == 4404
    assert not [frame for frame in tab.seen[1:] if frame["type"] == "welcome"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:9999"},
        {"origin": "null"},
        {"origin": "http://["},
        {"host": "evil.example"},
        {"host": "evil.example", "origin": "http://evil.example"},
    ],
)
async def test_another_sites_page_gets_no_socket(do: Do, headers: dict[str, str]) -> None:
    assert not await chat("Ann", **headers).is_accepted()


async def test_ones_own_page_gets_a_socket(do: Do) -> None:
    async with chat("Ann", origin="http://localhost") as tab:
        assert (await tab.next())["type"] == "welcome"


async def test_the_live_list_tells_what_comes_changes_and_goes(do: Do, sessions: SessionManager) -> None:
    async with Tab("/ws/sessions") as tab:
        first = await tab.next()
        assert (first["type"], first["count"], first["sessions"][0]["user_id"]) == ("sessions", 1, "Ann")
        await do(sessions.create_session, "Bob")
        assert (await tab.expect("created"))["session"]["user_id"] == "Bob"
        await do(memory.add_message, "Bob", "user", "hello")
        assert (await tab.expect("updated"))["session"]["message_count"] == 1
        await do(sessions.delete_session, "Bob")
        assert (await tab.expect("removed"))["user_id"] == "Bob"
        await tab.send(type="dance")
        assert (await tab.expect("error"))["code"] == "invalid_request"
