"""Judgement of each model: whether its endpoint is reachable, the key accepted, the model listed, replies complete.

The start message, ``/health``, ``nono_doctor`` and the admin's first page all use it.
"""

import asyncio
import contextvars
import time
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Any, Final
from weakref import WeakKeyDictionary

from chat_app.responders import client, last_reply
from chat_app.responders.last_reply import LastReply
from chat_app.responders.probe import Probe, probe
from chat_app.responders.targets import Target, targets
from chat_app.responders.troubles import Trouble, sentence_of
from nono import store

KNOWN_FOR_S: Final = 10.0
"""Seconds for which a probe of an endpoint is valid."""

NEWS_FOR_S: Final = 600.0
"""Seconds for which a failed reply counts against an endpoint that otherwise responds."""

NOW_S: Final = 5.0
"""Seconds for which ``judge_now`` waits; a probe takes ``PROBE_S``, or longer on a busy machine."""

_DISPROVED: Final = frozenset({"no_v1", "other", "redirect"})
"""Troubles with the list of models that do not prevent replies once a reply has been received."""

_OF_REPLIES: Final[dict[str, Trouble]] = {
    "unreachable": "lost",
    "timeout": "late",
    "busy": "busy",
    "parameter": "parameter",
    "broken": "broken",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """Health of one model at one endpoint."""

    target: Target
    probe: Probe
    last_reply: LastReply | None = None

    @property
    def works(self) -> bool | None:
        """Returns whether replies can be expected; None if only a reply will show it."""
        if self.trouble:
            return False
        is_expected = self.probe.model_listed or self._has_worked
        return True if is_expected and not self._is_silent else None

    @property
    def trouble(self) -> Trouble:
        """Returns the trouble that prevents replies, "" for none; the newest observation counts."""
        return self._seen or self._trouble_of_replies()

    @property
    def sentence(self) -> str:
        """Returns the judgement in one sentence that names no address, key or model."""
        if trouble := self.trouble:
            return sentence_of(trouble, self.target)
        if self._is_silent:
            return "The model endpoint does not answer just now, but replied a short while ago."
        if self.last_reply and not self.last_reply.reason:
            return "The model endpoint answers, and its last reply was whole."
        if self.probe.model_listed:
            return "The model endpoint answers and lists the model."
        if self._has_worked:
            return "The model endpoint answers, and has replied with this model before."
        if self.probe.may_be_taken:
            return "The model endpoint does not list this model, but may take the name: the next reply will tell."
        return "The model endpoint answers, but does not say which models it has: the next reply will tell."

    @property
    def key_accepted(self) -> bool | None:
        """Returns whether the endpoint accepts the key; None if it does not ask for one."""
        if self.trouble in {"key", "key_characters"}:
            return False
        return True if self._has_worked and self.target.api_key else self.probe.key_accepted

    def to_dict(self) -> dict[str, Any]:
        """Returns the judgement as ``/health`` has it, which is public: without address, key and model."""
        return {
            "endpoint": self.target.name or "default",
            "works": self.works,
            "reachable": True if self._whole_at >= self.probe.at else self.probe.reachable,
            "key_accepted": self.key_accepted,
            "model_listed": self.probe.model_listed,
            "last_reply": None if self.last_reply is None else self.last_reply.reason or "ok",
            "sentence": self.sentence,
        }

    @property
    def _whole_at(self) -> float:
        return self.last_reply.whole_at if self.last_reply else 0

    @property
    def _has_worked(self) -> bool:
        return self._whole_at > 0

    @property
    def _is_silent(self) -> bool:
        """Returns whether the probe timed out after a complete reply: some servers process one request at a time."""
        is_recent = time.time() - self._whole_at < NEWS_FOR_S
        return self.probe.trouble == "timeout" and is_recent and self._whole_at < self.probe.at

    @property
    def _seen(self) -> Trouble:
        """Returns the trouble that the probe found, unless a complete reply disproves it."""
        seen = self.probe.trouble
        is_disproved = self._whole_at >= self.probe.at or (self._has_worked and seen in _DISPROVED)
        return "" if is_disproved or self._is_silent else seen

    def _trouble_of_replies(self) -> Trouble:
        """Returns the trouble of the last reply, or ``unlisted`` if no reply was complete yet and it is not listed."""
        last = self.last_reply
        if last and last.reason in _OF_REPLIES and time.time() - last.at < NEWS_FOR_S:
            return self._trouble_of(last.reason)
        if last and last.standing:
            return self._trouble_of(last.standing)
        is_foreseen = self.probe.model_listed is False and not self.probe.may_be_taken and not self._has_worked
        return "unlisted" if is_foreseen else ""

    def _trouble_of(self, reason: str) -> Trouble:
        listed, last = self.probe.model_listed, self.last_reply
        match reason:
            case "key":
                return "key"
            case "quota":
                return "quota"
            case "model":
                return "not_for_chats" if listed else "model" if listed is None else "unlisted"
            case "unreachable" if last and last.at > self.probe.at:
                return "unreachable"
            case _:
                return _OF_REPLIES[reason]


@dataclass(slots=True)
class _Looks:
    """The current probes of one event loop, shared by concurrent callers."""

    of: tuple[Target, ...] = ()
    began: float = -KNOWN_FOR_S
    task: asyncio.Task[list[Probe]] | None = None


_looks: WeakKeyDictionary[asyncio.AbstractEventLoop, _Looks] = WeakKeyDictionary()


async def judgements() -> tuple[Judgement, ...]:
    """Judges every model that a persona uses, within ``PROBE_S`` s; probes at most every 10 s."""
    wanted = tuple(targets())
    if not wanted:
        return ()
    probes, replies = await asyncio.gather(_probes(wanted), asyncio.gather(*map(last_reply.last_reply, wanted)))
    return tuple(map(Judgement, wanted, probes, replies))


async def note_reply(target: Target, reason: str) -> None:
    """Records the outcome of a reply ("" for success) for all processes; a failure invalidates the probe."""
    await last_reply.note(target, reason)
    looks = _looks.get(asyncio.get_running_loop())
    if reason and looks is not None:
        looks.began = -KNOWN_FOR_S


def judge_now() -> tuple[Judgement, ...]:
    """Judges every model from outside any event loop, within ``PROBE_S`` s; returns nothing after ``NOW_S``.

    It runs in a thread of its own, because an event loop does not end before a pending DNS lookup does.
    """
    told: Future[tuple[Judgement, ...]] = Future()
    Thread(target=lambda: asyncio.run(_tell(told)), daemon=True).start()
    try:
        return told.result(NOW_S)
    except TimeoutError:
        return ()


async def _tell(told: Future[tuple[Judgement, ...]]) -> None:
    try:
        told.set_result(await judgements())
    finally:
        await client.aclose()
        await store.aclose()


async def _probes(wanted: tuple[Target, ...]) -> list[Probe]:
    looks = _looks.setdefault(asyncio.get_running_loop(), _Looks())
    if looks.task is None or looks.of != wanted or _is_old(looks):
        looks.of, looks.began = wanted, time.monotonic()
        looks.task = asyncio.create_task(_look_at(wanted), context=contextvars.Context())
    return await asyncio.shield(looks.task)


def _is_old(looks: _Looks) -> bool:
    is_done = looks.task is not None and looks.task.done()
    return is_done and time.monotonic() - looks.began >= KNOWN_FOR_S


async def _look_at(wanted: tuple[Target, ...]) -> list[Probe]:
    return list(await asyncio.gather(*map(probe, wanted)))
