"""A socket shows its visitor what is theirs, on every frame: also after a name changed hands."""

import asyncio
import json
import uuid
from typing import Any

import pytest
import redis

from chat_app import conversation
from chat_app.consumers import chat as consumers
from chat_app.live import reconciler
from chat_app.memory import ChatMemoryManager
from nono.realtime import notifications
from nono.store import operations
from sessions_app import access, live_lists
from sessions_app import consumers as list_consumers
from sessions_app.manager import SessionManager
from sessions_app.session import Session
from tests.security.conftest import SECRET, Cost, Elsewhere, Stored
from tests.security.test_access import STRANGERS, somebody
from tests.security.visitors import Browser
from tests.support.sockets import Tab

FRAMES: dict[str, dict[str, Any]] = {
    "message": {"type": "message", "text": "whose chat is this?", "client_id": str(uuid.UUID(int=1))},
    "a message of the original's": {"text": "whose chat is this?"},
    "regenerate": {"type": "regenerate"},
    "extend": {"type": "extend"},
    "stop": {"type": "stop"},
}
SAYS_NOTHING = {"stop"}
"""Frames that have no answer where there is nothing to do."""


async def refusal(tab: Tab) -> tuple[list[dict[str, Any]], int]:
    """All that a refused socket is told."""
    assert await tab.is_accepted()
    code = await tab.closed_with()
    return tab.seen, code


@pytest.mark.parametrize("query", ["", "?after=0", "?epoch={epoch}&after=0", "?epoch={epoch}&after=2"])
@pytest.mark.parametrize("stranger", STRANGERS)
async def test_her_chat_is_to_a_stranger_one_that_does_not_exist(
    ann: Browser, anns_session: Session, elsewhere: Elsewhere, raw: redis.Redis, stranger: str, query: str
) -> None:
    cookie = await elsewhere(STRANGERS[stranger], ann, anns_session)
    asked = query.format(epoch=anns_session.version)
    hers = await refusal(Browser(cookie).chat("Ann", asked))
    raw.flushdb()
    assert hers == await refusal(Browser(cookie).chat("Ann", asked))
    assert (hers[0][0]["code"], hers[1]) == ("session_not_found", 4404)


async def test_refusing_costs_the_same_whether_or_not_it_exists(
    ann: Browser, elsewhere: Elsewhere, raw: redis.Redis, cost: Cost
) -> None:
    await refusal(Browser().chat("Bob"))  # connects to the store
    cost()
    await refusal(Browser().chat("Ann"))
    for_hers = cost()
    raw.flushdb()
    await refusal(Browser().chat("Ann"))
    assert cost() == for_hers


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_the_live_list_of_a_stranger_never_has_her_in_it(
    ann: Browser,
    anns_session: Session,
    elsewhere: Elsewhere,
    monkeypatch: pytest.MonkeyPatch,
    sessions: SessionManager,
    stranger: str,
) -> None:
    monkeypatch.setattr(live_lists, "GATHER", 0.01)
    monkeypatch.setattr(live_lists, "BEAT", 0.1)
    browser = Browser(await elsewhere(STRANGERS[stranger], ann, anns_session))
    async with browser.tab("/ws/sessions") as tab:
        assert await tab.next() == {"type": "sessions", "sessions": [], "count": 0}
        await elsewhere(ann.create, "Another of hers")
        await elsewhere(sessions.delete_session, "Ann")
        await asyncio.sleep(0.15)  # what should not come has no sign that it did not
        await tab.send(type="ping")
        await tab.expect("pong")
    assert [frame["type"] for frame in tab.seen] == ["sessions", "pong"]


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """No notification and no reconciler: the socket does not learn that the name has a new owner."""

    async def lose(*_: Any, **__: Any) -> None: ...

    monkeypatch.setattr(notifications, "_send", lose)
    monkeypatch.setattr(reconciler, "INTERVAL_S", 3600)


async def change_hands(elsewhere: Elsewhere, sessions: SessionManager) -> None:
    """Her chat is cleared, and somebody else begins one under the name and says something there."""
    await elsewhere(sessions.delete_session, "Ann")
    new_owner = await elsewhere(somebody)
    await elsewhere(new_owner.create, "Ann", metadata={"note": "of the new owner"})
    for role in ("user", "assistant"):
        await elsewhere(ChatMemoryManager().add_message, "Ann", role, "words of the new owner")


@pytest.mark.parametrize("frame", FRAMES)
async def test_a_frame_never_reaches_who_has_the_name_now(
    ann: Browser, elsewhere: Elsewhere, sessions: SessionManager, stored: Stored, deaf: None, frame: str
) -> None:
    async with ann.chat("Ann") as tab:
        await tab.expect("welcome")
        await change_hands(elsewhere, sessions)
        before = await elsewhere(stored)
        await tab.send(**FRAMES[frame])
        if frame not in SAYS_NOTHING:
            assert (await tab.expect("error", "cleared"))["type"] in {"error", "cleared"}
        after = await elsewhere(stored)
    assert after == before
    assert "new owner" not in json.dumps(tab.seen)


async def test_who_had_the_name_is_shown_out_and_hears_nothing_of_the_new_owner(
    ann: Browser, elsewhere: Elsewhere, sessions: SessionManager
) -> None:
    tab = ann.chat("Ann")
    assert await tab.is_accepted()
    await tab.expect("welcome")
    await change_hands(elsewhere, sessions)
    assert await tab.closed_with() == 4404
    assert "new owner" not in json.dumps(tab.seen)


async def test_two_owners_of_one_name_in_one_process_hear_nothing_of_each_other(
    ann: Browser, elsewhere: Elsewhere, sessions: SessionManager, deaf: None
) -> None:
    new_owner = await elsewhere(somebody)
    async with ann.chat("Ann") as tab:
        await tab.expect("welcome")
        await elsewhere(sessions.delete_session, "Ann")
        await elsewhere(new_owner.create, "Ann")
        async with new_owner.chat("Ann") as theirs:
            await theirs.send(text="words of the new owner")
            await theirs.expect("complete")
        assert SECRET not in json.dumps(theirs.seen)
        assert await tab.closed_with() == 4404
    assert "new owner" not in json.dumps(tab.seen)


async def test_a_missed_life_is_not_read_with_the_epoch_of_ones_own(
    ann: Browser, anns_session: Session, elsewhere: Elsewhere, sessions: SessionManager
) -> None:
    await change_hands(elsewhere, sessions)
    frames, code = await refusal(ann.chat("Ann", f"?epoch={anns_session.version}&after=2"))
    assert (code, "new owner" in json.dumps(frames)) == (4404, False)


@pytest.mark.parametrize(
    "cookie", ["nono_visitor", "nono_visitor=", "=;=;", "\xff\xfe", "nono_visitor=" + "a" * 4000, ";" * 500]
)
async def test_a_cookie_header_that_is_none_opens_nothing(ann: Browser, elsewhere: Elsewhere, cookie: str) -> None:
    tab = Tab("/ws/chat/Ann", {})
    tab._socket.scope["headers"].append((b"cookie", cookie.encode("latin-1")))
    assert (await refusal(tab))[1] == 4404


# The controls.


@pytest.mark.parametrize(("path", "hers"), [("/ws/chat/Ann", SECRET), ("/ws/sessions", '"user_id": "Ann"')])
async def test_without_the_guard_a_socket_shows_what_is_hers(
    ann: Browser, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, path: str, hers: str
) -> None:
    for module in (access, consumers, conversation):
        monkeypatch.setattr(module, "may_see", lambda *_: True)
    monkeypatch.setattr(list_consumers, "sees_everything", lambda _visitor: True)
    async with Browser().tab(path) as tab:
        assert hers in json.dumps(await tab.next())


@pytest.mark.parametrize(
    ("frame", "operation"), [("message", "append"), ("extend", "update"), ("regenerate", "regenerate")]
)
async def test_without_the_epoch_in_the_script_a_frame_reaches_the_new_owner(
    ann: Browser,
    elsewhere: Elsewhere,
    sessions: SessionManager,
    raw: redis.Redis,
    stored: Stored,
    deaf: None,
    monkeypatch: pytest.MonkeyPatch,
    frame: str,
    operation: str,
) -> None:
    guarded: Any = getattr(operations, operation)

    def for_whoever_has_the_name(user_id: str, *arguments: Any, **keywords: Any) -> Any:
        if operation == "update":
            return guarded(user_id, *arguments, **{**keywords, "epoch": ""})
        return guarded(user_id, str(raw.hget(f"session:{user_id}", "epoch")), *arguments[1:], **keywords)

    async with ann.chat("Ann") as tab:
        await tab.expect("welcome")
        await change_hands(elsewhere, sessions)
        raw.hset("session:Ann", mapping={"asked": 1, "answered": 1})
        before = await elsewhere(stored)
        monkeypatch.setattr(operations, operation, for_whoever_has_the_name)
        await tab.send(**FRAMES[frame])
        async with asyncio.timeout(5):
            while (await elsewhere(stored))[b"session:Ann"] == before[b"session:Ann"]:  # noqa: ASYNC110  a look at the store
                await asyncio.sleep(0.01)
