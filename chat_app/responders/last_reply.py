"""How the newest reply of each model ended, kept in the store for all processes and commands."""

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
"""Seconds for which the store is waited for."""

STANDING: Final = frozenset({"key", "quota", "model"})
"""Reasons of a failed reply that last until a reply proves otherwise or the settings change."""

CHATS_OWN: Final = frozenset({"context", "policy", "empty"})
"""Reasons that are about one chat: the endpoint took the key and has the model."""


@dataclass(frozen=True, slots=True)
class LastReply:
    """How the newest reply of a model ended: "" or the reason of its failure, at a time in seconds since 1970.

    ``adaptations`` are what was learned of the endpoint by then, as ends of sentences. ``whole_at`` is when a reply
    was last whole, 0 for never, and ``standing`` the reason of ``STANDING`` that no reply has disproved since.
    """

    reason: str
    at: float
    adaptations: tuple[str, ...] = ()
    whole_at: float = 0
    standing: str = ""


@dataclass(slots=True)
class _Notes:
    """What one event loop noted itself, and what of it the store was told."""

    known: dict[Target, LastReply] = field(default_factory=dict)
    written: dict[Target, LastReply] = field(default_factory=dict)


_notes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Notes] = WeakKeyDictionary()


async def note(target: Target, reason: str) -> None:
    """Notes how a reply ended, "" for well; a store that is away is told with a later one."""
    if reason == "internal":  # a defect of Nono's, which says nothing about the endpoint
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
    """Returns what any process noted last, or where the store is away, this event loop."""
    notes = _notes.get(asyncio.get_running_loop())
    own = notes.known.get(target) if notes else None
    try:
        async with asyncio.timeout(READ_S):
            told = _read(await store.arun(operations.last_reply(mark_of(target))))
    except (*REFUSALS, TimeoutError):
        return own
    return max((one for one in (told, own) if one), key=lambda one: one.at, default=None)


def mark_of(target: Target) -> str:
    """Returns what stands for a model and everything that decides whether it replies: a keyed digest.

    With other settings there is another mark, so that an outcome under the old ones is not believed.
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
