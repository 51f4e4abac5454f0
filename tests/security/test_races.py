"""Two at once: exactly one wins, nothing that was cleared comes back, and a limit is exact however many ask."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import redis
from pytest_django.fixtures import Settings

from chat_app.memory import ChatMemoryManager
from nono import store
from nono.errors import NonoError, RateLimited, SessionNotFound
from nono.rate_limits import MESSAGES, NEW_SESSIONS, Policy
from nono.store import operations
from sessions_app.manager import SessionManager

ROUNDS = 25
AT_ONCE = 8

memory = ChatMemoryManager()
Deed = Callable[[], Any]


def at_once(*deeds: Deed) -> list[Any]:
    """Does all of them at once, each in a thread of its own, and returns what each gave or raised."""
    barrier = threading.Barrier(len(deeds))

    def do(deed: Deed) -> Any:
        barrier.wait()
        try:
            return deed()
        except NonoError as refused:
            return refused.code

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(do, deeds))


@pytest.mark.parametrize("owners", ["one visitor", "many visitors"])
def test_of_many_who_create_one_name_exactly_one_has_it(
    raw: redis.Redis, sessions: SessionManager, owners: str
) -> None:
    for number in range(ROUNDS):
        name = f"race {number}"
        deeds = [
            lambda name=name, i=i: sessions.create_session(name, owner=f"owner {i if owners != 'one visitor' else 0}")
            for i in range(AT_ONCE)
        ]
        outcomes = at_once(*deeds)
        won = [one for one in outcomes if one != "session_exists"]
        assert len(won) == 1
        assert raw.hget(f"session:{name}", "owner") == won[0].owner
        assert raw.hget(f"session:{name}", "epoch") == won[0].epoch


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_clearing_against_appending_leaves_all_or_nothing(
    raw: redis.Redis, sessions: SessionManager, role: Any
) -> None:
    for number in range(ROUNDS):
        name = f"race {number}"
        sessions.create_session(name)
        at_once(
            *(partial(memory.add_message, name, role, "hello") for _ in range(AT_ONCE - 1)),
            partial(sessions.delete_session, name),
        )
        assert not raw.exists(f"session:{name}", f"chat_history:{name}", f"chat_sends:{name}")


def test_of_many_who_clear_exactly_one_has_what_brings_it_back(raw: redis.Redis, sessions: SessionManager) -> None:
    for number in range(ROUNDS):
        name = f"race {number}"
        sessions.create_session(name)
        outcomes = at_once(*(lambda name=name: sessions.delete_session(name) for _ in range(AT_ONCE)))
        assert len([one for one in outcomes if one != "session_not_found"]) == 1


def test_of_many_who_undo_exactly_one_does(raw: redis.Redis, sessions: SessionManager) -> None:
    for number in range(ROUNDS):
        name = f"race {number}"
        sessions.create_session(name)
        token = sessions.delete_session(name).undo
        outcomes = at_once(*(lambda name=name, token=token: sessions.undo(name, token) for _ in range(AT_ONCE)))
        assert len([one for one in outcomes if not isinstance(one, str)]) == 1


def test_undoing_against_taking_the_name_leaves_one_owner(raw: redis.Redis, sessions: SessionManager) -> None:
    for number in range(ROUNDS):
        name = f"race {number}"
        sessions.create_session(name, owner="hers")
        memory.add_message(name, "user", "hers")
        sessions.delete_session(name)
        undone, taken = at_once(partial(sessions.undo, name), partial(sessions.create_session, name, owner="theirs"))
        winner = taken if undone == "session_exists" else undone
        assert (undone == "session_exists") != (taken == "session_exists")
        assert raw.hget(f"session:{name}", "owner") == winner.owner
        assert raw.llen(f"chat_history:{name}") == (1 if winner is undone else 0)


def test_of_many_who_would_reply_exactly_one_does(raw: redis.Redis, sessions: SessionManager) -> None:
    for number in range(ROUNDS):
        name = f"race {number}"
        epoch = sessions.create_session(name).epoch
        memory.add_message(name, "user", "hello")
        outcomes = at_once(
            *(
                lambda name=name, i=i, epoch=epoch: store.run(
                    operations.acquire_reply(name, epoch, f"lease {i}", 20, f"r{i}")
                )
                for i in range(AT_ONCE)
            )
        )
        assert [one.outcome for one in outcomes].count("begun") == 1


def test_one_message_that_is_sent_many_times_at_once_is_stored_once(raw: redis.Redis, sessions: SessionManager) -> None:
    for number in range(ROUNDS):
        name = f"race {number}"
        sessions.create_session(name)
        at_once(*(lambda name=name: memory.add_message(name, "user", "hello", id="one") for _ in range(AT_ONCE)))
        assert raw.llen(f"chat_history:{name}") == 1


@pytest.mark.parametrize("verb", ["clear", "extend", "persona"])
def test_what_is_meant_for_one_life_of_a_name_never_reaches_the_next(
    raw: redis.Redis, sessions: SessionManager, verb: str
) -> None:
    admitted = sessions.create_session("Ann", owner="hers")
    sessions.delete_session("Ann")
    sessions.create_session("Ann", owner="theirs")
    before = raw.hgetall("session:Ann")
    deeds: dict[str, Deed] = {
        "clear": lambda: sessions.delete_session("Ann", epoch=admitted.epoch),
        "extend": lambda: sessions.extend("Ann", epoch=admitted.epoch),
        "persona": lambda: sessions.update_session("Ann", persona="creative_writer", epoch=admitted.epoch),
    }
    with pytest.raises(SessionNotFound):
        deeds[verb]()
    assert raw.hgetall("session:Ann") == before


def test_an_undo_that_is_meant_for_ones_own_never_brings_back_anothers(
    raw: redis.Redis, sessions: SessionManager
) -> None:
    hers = sessions.create_session("Ann", owner="hers")
    sessions.delete_session("Ann")
    sessions.create_session("Ann", owner="theirs")
    sessions.delete_session("Ann")
    with pytest.raises(SessionNotFound):
        sessions.undo("Ann", epoch=hers.epoch)
    assert not raw.exists("session:Ann")


@pytest.mark.parametrize("policy", [MESSAGES, NEW_SESSIONS], ids=lambda policy: str(policy.name))
def test_a_limit_is_exact_under_many_workers(raw: redis.Redis, settings: Settings, policy: Policy) -> None:
    settings.NONO_RATE_LIMITS = True

    def ask() -> int:
        granted = 0
        for _ in range(policy.burst):
            try:
                policy.check(store.run(policy.operation("whom")))
                granted += 1
            except RateLimited:
                pass
        return granted

    assert sum(at_once(*(ask for _ in range(AT_ONCE)))) == policy.burst


# The controls: looking first and doing then.


def test_without_one_script_two_have_one_name(raw: redis.Redis) -> None:
    def create_naively(key: str) -> bool:
        if raw.exists(key):
            return False
        raw.hset(key, "owner", threading.get_ident())
        return True

    won = [sum(at_once(*(lambda key=f"n{n}": create_naively(key) for _ in range(AT_ONCE)))) for n in range(ROUNDS)]
    assert max(won) > 1


def test_without_the_epoch_a_clear_reaches_the_next_life(raw: redis.Redis, sessions: SessionManager) -> None:
    sessions.create_session("Ann", owner="hers")
    sessions.delete_session("Ann")
    sessions.create_session("Ann", owner="theirs")
    sessions.delete_session("Ann")
    assert not raw.exists("session:Ann")


def test_a_limit_that_counts_outside_the_store_lets_more_through(raw: redis.Redis) -> None:
    def ask() -> bool:
        count = int(raw.get("count") or 0)
        if count >= 3:
            return False
        raw.set("count", count + 1)
        return True

    granted = []
    for _ in range(ROUNDS):
        raw.delete("count")
        granted.append(sum(at_once(*(ask for _ in range(AT_ONCE)))))
    assert max(granted) > 3
