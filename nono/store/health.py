"""Whether the store is one that Nono can keep its promises with: asked at the start, by ``/health`` and the doctor.

Each question is one quick command; what a hosted server forbids to ask is said to be unknown, and is no failure.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeVar

from django.conf import settings
from redis.exceptions import ResponseError

from nono import private_redis, store, url_validators
from nono.errors import StoreUnavailable
from nono.store import Operation, operations
from nono.store.operations import Row

T = TypeVar("T")

REFUSALS: Final = (StoreUnavailable, ResponseError)
"""What asking the store can raise."""

FULL: Final = 0.9
"""The share of its memory from which a store is called nearly full."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, in a sentence, and what to do about it.

    An ``error`` breaks a promise of Nono's, a ``warning`` weakens one or cannot be judged.
    """

    level: Literal["ok", "warning", "error"]
    what: str
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Returns the finding as the doctor's JSON has it."""
        return asdict(self)


def findings() -> list[Finding]:
    """Asks the store everything; where it does not answer, that is the one finding."""
    if settings.REDIS_URL == private_redis.IN_MEMORY_URL:
        return [IN_MEMORY]
    there = _asked(operations.ping())
    if isinstance(there, Exception):
        return [_unreachable(there)]
    wrote, information = _asked(operations.probe()), _asked(operations.information())
    fsync, snapshots = _asked(operations.configuration("appendfsync")), _asked(operations.configuration("save"))
    return [
        _present(information),
        check_writes(wrote=wrote),
        *check_eviction(information),
        check_durability(information, fsync, snapshots),
    ]


def warnings() -> list[str]:
    """Returns what is to be said at the start; of chats in memory embedded_store.py has warned already."""
    return [f"{one.what} {one.advice}" for one in findings() if one.level != "ok" and one is not IN_MEMORY]


async def aerrors() -> list[Finding]:
    """Asks only what decides whether messages are kept, for ``/health``; raises ``StoreUnavailable``."""
    wrote, information = await _aasked(operations.probe()), await _aasked(operations.information())
    return [
        finding for finding in (check_writes(wrote=wrote), *check_eviction(information)) if finding.level == "error"
    ]


IN_MEMORY: Final = Finding(
    "warning",
    "Chats are kept in the memory of one process: they are lost when it ends, and commands do not see them.",
    "Run `make install`, which brings a server, or set REDIS_URL.",
)


def check_writes(*, wrote: bool | Exception) -> Finding:
    """Judges the answer to ``operations.probe``."""
    if wrote is True:
        return Finding("ok", "It takes writes and runs scripts.")
    reason = reason_of(wrote) if isinstance(wrote, Exception) else "what was written could not be read"
    return Finding(
        "error",
        f"It does not take writes from scripts, so no message can be kept: {reason}.",
        "Nono needs a primary server with free memory and disk, and a user that may run EVALSHA and write.",
    )


def check_eviction(information: Row | Exception) -> list[Finding]:
    """Judges what the store does, and did, when its memory is full."""
    policy = "" if isinstance(information, Exception) else information.get("maxmemory_policy", "")
    if isinstance(information, Exception) or not policy:
        what = "It cannot be told whether it drops chats to make room: the server does not say its maxmemory-policy."
        return [Finding("warning", what, "See to it that the policy is noeviction.")]
    limit, dropped = int(information.get("maxmemory", 0)), int(information.get("evicted_keys", 0))
    found = [_policy(policy, limit)]
    if dropped:
        what = f"Since it started it has dropped {dropped} keys to make room: parts of chats may be missing."
        found.append(Finding("warning", what, "Set maxmemory-policy noeviction, then look with nono_doctor --fix."))
    if limit and (share := int(information.get("used_memory", 0)) / limit) >= FULL:
        what = f"Its memory is {share:.0%} full; at 100% new messages are refused."
        found.append(Finding("warning", what, "Give it more (maxmemory), or chats a shorter life (NONO_SESSION_TTL)."))
    return found


def _policy(policy: str, limit: int) -> Finding:
    if policy == "noeviction":
        return Finding("ok", "It never drops a chat to make room (maxmemory-policy noeviction).")
    advice = "Set maxmemory-policy noeviction: then a full store refuses new messages, and says so."
    if limit:
        return Finding("error", f"It silently drops chats when its memory is full (maxmemory-policy {policy}).", advice)
    what = f"It has no memory limit now; given one, it would silently drop chats (maxmemory-policy {policy})."
    return Finding("warning", what, advice)


def check_durability(information: Row | Exception, fsync: str | Exception, snapshots: str | Exception) -> Finding:
    """Says what a crash of the store or its machine costs, by its settings ``appendfsync`` and ``save``."""
    log = "" if isinstance(information, Exception) else information.get("aof_enabled", "")
    advice = "Set appendonly yes and appendfsync always, if no acknowledged message may be lost."
    match log, fsync:
        case "1", "always":
            return Finding("ok", "An acknowledged message survives a crash of the store (appendfsync always).")
        case "1", "everysec":
            what = "A crash can lose the last seconds of acknowledged messages (appendfsync everysec)."
        case "1", "no":
            what = "A crash of its machine can lose half a minute of acknowledged messages (appendfsync no)."
        case "1", _:
            what = "It keeps a log; it cannot be told how much of it a crash loses (appendfsync is not to be asked)."
        case "0", _ if isinstance(snapshots, Exception):
            what = "A crash loses what is newer than the last snapshot, if there is one (appendonly no)."
        case "0", _ if snapshots:
            what = f"A crash loses all messages since the last snapshot (appendonly no, save {snapshots})."
        case "0", _:
            what = "Every chat is lost when the store stops (appendonly no, and no snapshots)."
        case _:
            what = "It cannot be told what a crash of the store loses: the server does not say."
    return Finding("warning", what, advice)


def reason_of(refusal: Exception) -> str:
    """Returns the server's or driver's own words behind a refusal, without a full stop."""
    words = str(refusal.__cause__ or "") or str(refusal)
    if isinstance(refusal, ResponseError) or isinstance(refusal.__cause__, ResponseError):
        words = words.partition(". ")[0]  # what follows is advice for whoever runs the server, and long
    return words.strip().removesuffix(".")


def _present(information: Row | Exception) -> Finding:
    address = url_validators.without_password(settings.REDIS_URL)
    if isinstance(information, Exception):
        return Finding("ok", f"The store answers at {address}.")
    version = information.get("valkey_version") or information.get("redis_version", "")
    name = "Valkey" if "valkey_version" in information else "Redis"
    return Finding("ok", f"The store answers: {name} {version} at {address}.")


def _unreachable(refusal: Exception) -> Finding:
    address = url_validators.without_password(settings.REDIS_URL)
    advice = "Start it, or set REDIS_URL to where it is, with its user and password."
    return Finding("error", f"The store at {address} cannot be used: {reason_of(refusal)}.", advice)


def _asked(operation: Operation[T]) -> T | StoreUnavailable | ResponseError:
    try:
        return store.run(operation)
    except REFUSALS as refusal:
        return refusal


async def _aasked(operation: Operation[T]) -> T | StoreUnavailable | ResponseError:
    """Is the awaitable twin of ``_asked``, but raises where the store did not answer at all."""
    try:
        return await store.arun(operation)
    except REFUSALS as refusal:
        if isinstance(refusal, ResponseError) or isinstance(refusal.__cause__, ResponseError):
            return refusal
        raise
