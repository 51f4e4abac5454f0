"""The running reply: begun by one process, said, ended from anywhere, replaced."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nono.store import Operation, script
from nono.store.decode import Row, row_of, text_of
from nono.store.keys import LEASE_MS, history_key, lease_key, reply_key, sends_key, session_key


@dataclass(frozen=True, slots=True)
class LeaseResult:
    """What became of the wish to reply; the rest only where it was granted."""

    outcome: Literal["begun", "busy", "idle", "gone", "stale"]
    asked: int = 0
    attempts: int = 0
    session: Row | None = None
    messages: tuple[bytes, ...] = ()
    text: str = ""
    stopped: bool = False


def acquire_reply(user_id: str, epoch: str, lease: str, limit: int, reply_id: str) -> Operation[LeaseResult]:
    """Takes the right to answer what is unanswered."""

    def begun(answer: list[Any]) -> LeaseResult:
        if len(answer) == 1:
            return LeaseResult(text_of(answer[0]))  # type: ignore[arg-type]
        _, asked, attempts, session, messages, text, stopped = answer
        return LeaseResult("begun", asked, attempts, row_of(session), tuple(messages), text_of(text), bool(stopped))

    keys = (session_key(user_id), history_key(user_id), reply_key(user_id), lease_key(user_id))
    return script("reply_acquire", keys, (epoch, lease, LEASE_MS, limit, reply_id), begun)


def append_reply_chunk(user_id: str, lease: str, entry: Row) -> Operation[bool]:
    """Writes to a running reply's stream and renews its lease; answers False if the run has to end."""
    flat = [word for pair in entry.items() for word in pair]
    keys = (session_key(user_id), reply_key(user_id), lease_key(user_id))
    return script("reply_append", keys, (lease, LEASE_MS, *flat), bool)


def release_lease(user_id: str, lease: str) -> Operation[bool]:
    """Hands the right to reply back without a reply."""
    return script("reply_release", (lease_key(user_id),), (lease,), bool)


def stop(user_id: str, epoch: str) -> Operation[bool]:
    """Asks whoever runs the reply to end it; answers False if nothing runs."""
    return script("reply_stop", (session_key(user_id), lease_key(user_id)), (epoch,), bool)


def stop_requests(user_ids: Sequence[str]) -> Operation[list[str]]:
    """Tells for many sessions which reply somebody wants to end; ``""`` for none."""
    return script(
        "reply_stop_requests", [*map(session_key, user_ids)], (), lambda answer: [text_of(one) for one in answer]
    )


def regenerate(user_id: str, epoch: str) -> Operation[Literal["replaced", "none", "busy", "gone", "stale"]]:
    """Takes the last reply away, so that what it answered is unanswered again."""
    keys = (session_key(user_id), history_key(user_id), sends_key(user_id), lease_key(user_id))
    return script("reply_regenerate", keys, (epoch,), text_of)  # type: ignore[arg-type]


def continue_reply(user_id: str, epoch: str) -> Operation[Literal["asked", "whole", "busy", "gone", "stale"]]:
    """Asks for the rest of the last reply, where that was cut at the model's length limit."""
    keys = (session_key(user_id), history_key(user_id), lease_key(user_id))
    return script("reply_continue", keys, (epoch,), text_of)  # type: ignore[arg-type]
