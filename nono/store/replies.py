"""Operations on the running reply: acquire, write, stop, release, regenerate and continue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nono.store import Operation, script
from nono.store.decode import Row, row_of, text_of
from nono.store.keys import LEASE_MS, history_key, lease_key, reply_key, sends_key, session_key


@dataclass(frozen=True, slots=True)
class LeaseResult:
    """Result of ``acquire_reply``; the other fields are set only for ``begun``."""

    outcome: Literal["begun", "busy", "idle", "gone", "stale"]
    asked: int = 0
    attempts: int = 0
    session: Row | None = None
    messages: tuple[bytes, ...] = ()
    text: str = ""
    stopped: bool = False


def acquire_reply(user_id: str, epoch: str, lease: str, limit: int, reply_id: str) -> Operation[LeaseResult]:
    """Acquires the lease to reply to the unanswered messages; ``limit`` is the number of messages to read."""

    def begun(answer: list[Any]) -> LeaseResult:
        if len(answer) == 1:
            return LeaseResult(text_of(answer[0]))  # type: ignore[arg-type]
        _, asked, attempts, session, messages, text, stopped = answer
        return LeaseResult("begun", asked, attempts, row_of(session), tuple(messages), text_of(text), bool(stopped))

    keys = (session_key(user_id), history_key(user_id), reply_key(user_id), lease_key(user_id))
    return script("reply_acquire", keys, (epoch, lease, LEASE_MS, limit, reply_id), begun)


def append_reply_chunk(user_id: str, lease: str, entry: Row) -> Operation[bool]:
    """Writes to a running reply's stream and renews its lease; returns False if the run has to end."""
    flat = [word for pair in entry.items() for word in pair]
    keys = (session_key(user_id), reply_key(user_id), lease_key(user_id))
    return script("reply_append", keys, (lease, LEASE_MS, *flat), bool)


def release_lease(user_id: str, lease: str) -> Operation[bool]:
    """Releases the lease without a reply; returns False if the caller does not hold it."""
    return script("reply_release", (lease_key(user_id),), (lease,), bool)


def stop(user_id: str, epoch: str) -> Operation[bool]:
    """Requests that the running reply stops; returns False if no reply runs."""
    return script("reply_stop", (session_key(user_id), lease_key(user_id)), (epoch,), bool)


def stop_requests(user_ids: Sequence[str]) -> Operation[list[str]]:
    """Reads the reply_id of the stop request of each session, in order; ``""`` for none."""
    return script(
        "reply_stop_requests", [*map(session_key, user_ids)], (), lambda answer: [text_of(one) for one in answer]
    )


def regenerate(user_id: str, epoch: str) -> Operation[Literal["replaced", "none", "busy", "gone", "stale"]]:
    """Removes the last reply, so that the messages it answered are unanswered again."""
    keys = (session_key(user_id), history_key(user_id), sends_key(user_id), lease_key(user_id))
    return script("reply_regenerate", keys, (epoch,), text_of)  # type: ignore[arg-type]


def continue_reply(user_id: str, epoch: str) -> Operation[Literal["asked", "whole", "busy", "gone", "stale"]]:
    """Requests the rest of the last reply, if the model's length limit cut it off."""
    keys = (session_key(user_id), history_key(user_id), lease_key(user_id))
    return script("reply_continue", keys, (epoch,), text_of)  # type: ignore[arg-type]
