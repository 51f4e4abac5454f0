"""Outcome of the newest reply of each model, kept in the store for all processes and commands."""

import asyncio
import hashlib
import json
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.conf import settings

from chat_app.responders.dialect import dialect_of
from chat_app.responders.targets import Target
from nono import store
from nono.store import operations
from nono.store.health import REFUSALS

TOLD_AGAIN_S: Final = 30.0
"""Seconds after which an outcome that has not changed is written to the store again."""

READ_S: Final = 1.5
"""Seconds to wait for the store."""

STANDING: Final = frozenset({"key", "quota", "model"})
"""Failure reasons that hold until a reply disproves them or the settings change."""

CHATS_OWN: Final = frozenset({"context", "policy", "empty"})
"""Failure reasons that concern one chat: the endpoint accepted the key and has the model."""


@dataclass(frozen=True, slots=True)
class LastReply:
    """Outcome of a model's newest reply: "" or the reason of its failure, ``at`` in seconds since 1970.

    ``adaptations`` are the adaptations to the endpoint, as ends of sentences. ``whole_at`` is the time of the last
    complete reply, 0 for never, and ``standing`` the reason of ``STANDING`` that no reply has disproved since.
    """

    reason: str
    at: float
    adaptations: tuple[str, ...] = ()
    whole_at: float = 0
    standing: str = ""


@dataclass(slots=True)
class _Notes:
    """Outcomes that one event loop recorded, and those that it wrote to the store."""

    known: dict[Target, LastReply] = field(default_factory=dict)
    written: dict[Target, LastReply] = field(default_factory=dict)


_notes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Notes] = WeakKeyDictionary()


async def note(target: Target, reason: str) -> None:
    """Records the outcome of a reply, "" for success; if the store is unavailable, it is written with a later one."""
    if reason == "internal":  # an error in Nono, unrelated to the endpoint
        return
    notes = _notes.setdefault(asyncio.get_running_loop(), _Notes())
    before = notes.known.get(target) or await last_reply(target)
    now = time.time()
    standing = before.standing if before else ""
    reply = LastReply(
        reason,
        now,
        tuple(dialect_of(target).sentences()),
        whole_at=now if not reason else before.whole_at if before else 0,
        standing=reason if reason in STANDING else "" if not reason or reason in CHATS_OWN else standing,
    )
    notes.known[target] = reply
    written = notes.written.get(target)
    is_old_news = written and (written.reason, written.adaptations) == (reply.reason, reply.adaptations)
    if written and is_old_news and now - written.at < TOLD_AGAIN_S:
        return
    try:
        await store.arun(operations.note_last_reply(mark_of(target), json.dumps(asdict(reply))))
    except REFUSALS:
        return
    notes.written[target] = reply


async def last_reply(target: Target) -> LastReply | None:
    """Returns the newest outcome of any process, or of this event loop if the store is unavailable."""
    notes = _notes.get(asyncio.get_running_loop())
    own = notes.known.get(target) if notes else None
    try:
        async with asyncio.timeout(READ_S):
            told = _read(await store.arun(operations.last_reply(mark_of(target))))
    except (*REFUSALS, TimeoutError):
        return own
    return max((one for one in (told, own) if one), key=lambda one: one.at, default=None)


def mark_of(target: Target) -> str:
    """Returns a keyed digest of a model and all settings that decide whether it replies.

    Changed settings have another digest, so that an outcome under the old ones is ignored.
    """
    own = [] if target.name else [settings.LLM_EXTRA_HEADERS, settings.LLM_EXTRA_BODY]
    others = repr([own, settings.LLM_PROXY])
    words = "\n".join((settings.SECRET_KEY, target.base_url, target.model, target.api_key or "", others))
    return hashlib.sha256(words.encode(errors="backslashreplace")).hexdigest()[:32]


def _read(told: str) -> LastReply | None:
    try:
        read: dict[str, Any] = json.loads(told) if told else {}
        return LastReply(
            reason=str(read["reason"]),
            at=float(read["at"]),
            adaptations=tuple(map(str, read["adaptations"])),
            whole_at=float(read["whole_at"]),
            standing=read["standing"] if read["standing"] in STANDING else "",
        )
    except (ValueError, KeyError, TypeError):
        return None
