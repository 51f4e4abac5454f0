"""Damage that hands, crashes and older versions do to chats in the store, each with what a clean-up calls it."""

import redis

from chat_app.memory import ChatMemoryManager
from sessions_app.manager import SessionManager

memory = ChatMemoryManager()


def everyday_chat(sessions: SessionManager, raw: redis.Redis) -> None:
    """Makes one chat as it stands while a reply runs; a clean-up leaves it alone."""
    sessions.create_session("Ann", owner="someone")
    memory.add_message("Ann", "user", "hello")
    memory.add_message("Ann", "assistant", "hi")
    raw.xadd("chat_reply:Ann", {"text": "so far"})
    raw.pexpireat("chat_reply:Ann", int(str(raw.hget("session:Ann", "expires_at"))))
    raw.set("chat_lease:Ann", "me", px=10_000)


def dump(raw: redis.Redis) -> dict[str, tuple[object, int]]:
    """All keys with what they hold and when they die."""
    return {key: (raw.dump(key), raw.pexpiretime(key)) for key in raw.scan_iter()}


def orphan(raw: redis.Redis) -> None:
    raw.rpush("chat_history:Gone", "{}")
    raw.expire("chat_history:Gone", 600)
    raw.hset("chat_sends:Gone", "a", "1")


def without_clock(raw: redis.Redis) -> None:
    raw.persist("session:Ann")


def part_without_clock(raw: redis.Redis) -> None:
    raw.persist("chat_history:Ann")


def unequal_clock(raw: redis.Redis) -> None:
    raw.expire("chat_history:Ann", 7200)


def clock_unlike_what_it_says(raw: redis.Redis) -> None:
    for key in ("session:Ann", "chat_history:Ann", "chat_sends:Ann", "chat_reply:Ann"):
        raw.expire(key, 1800)


def not_listed(raw: redis.Redis) -> None:
    raw.zrem("session_index", "Ann")


def without_recency(raw: redis.Redis) -> None:
    raw.delete("session_recency")


def damaged(raw: redis.Redis) -> None:
    raw.set("session:Odd", "a string", ex=600)
    raw.rpush("chat_history:Odd", "{}")


def of_an_older_layout(raw: redis.Redis) -> None:
    raw.hset("session:Old", mapping={"user_id": "Old", "persona": "default"})


def damaged_part(raw: redis.Redis) -> None:
    raw.set("chat_sends:Ann", "a string", ex=600)


def stale(raw: redis.Redis) -> None:
    raw.zadd("session_index", {"Dead": 1})
    raw.zadd("session_recency", {"Dead": 1})


def early(raw: redis.Redis) -> None:
    raw.zadd("session_index", {"Dropped": 9_999_999_999_999})
    raw.zadd("session_recency", {"Dropped": 1, "Unknown": 1})


def eternal(raw: redis.Redis) -> None:
    raw.set("limit:messages:x", "1")
    raw.hset("undo:session:Gone", "undo", "token")
    raw.set("chat_lease:Gone", "nobody")
    raw.persist("session_index")
    for places in ("chat_tabs:0123", "socket_places:0123", "owner_index:0123", "counters_processes"):
        raw.zadd(places, {"one": 9_999_999_999_999})
    for figures in ("counters", "counters_minute:1", "counters_quarter:1"):
        raw.hset(figures, "sessions|created", 1)


DAMAGES = [
    (orphan, {"orphan": 2}),
    (without_clock, {"without clock": 1}),
    (part_without_clock, {"without clock": 1}),
    (unequal_clock, {"unequal clock": 1}),
    (clock_unlike_what_it_says, {"unequal clock": 1}),
    (not_listed, {"not listed": 1}),
    (without_recency, {"not listed": 1}),
    (damaged, {"damaged": 1}),
    (of_an_older_layout, {"damaged": 1}),
    (damaged_part, {"damaged part": 1}),
    (stale, {"stale entry": 1}),
    (early, {"early entry": 2}),
    (eternal, {"eternal key": 11}),
]
