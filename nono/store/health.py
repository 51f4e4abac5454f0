"""Checks of the Redis server for the start, ``/health`` and ``nono_doctor``: writes, eviction and durability.

Each check is one quick command. A value that a hosted server does not disclose is reported as unknown, not as failed.
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
"""Errors that an operation on the store can raise."""

FULL: Final = 0.9
"""Share of its memory limit from which a store is reported as nearly full."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check: its level, a sentence, and advice.

    An ``error`` breaks one of Nono's guarantees; a ``warning`` weakens one, or its state is unknown.
    """

    level: Literal["ok", "warning", "error"]
    what: str
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Returns the finding as in the JSON output of ``nono_doctor``."""
        return asdict(self)


def findings() -> list[Finding]:
    """Runs all checks; returns a single finding if the store is unreachable or in memory."""
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
    """Returns the messages for the start, except the one about chats in memory, which nono/private_redis logs."""
    return [f"{one.what} {one.advice}" for one in findings() if one.level != "ok" and one is not IN_MEMORY]


async def aerrors() -> list[Finding]:
    """Returns the errors of the write and eviction checks, for ``/health``; raises ``StoreUnavailable``."""
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
    """Evaluates the result of ``operations.probe``."""
    if wrote is True:
        return Finding("ok", "It takes writes and runs scripts.")
    reason = reason_of(wrote) if isinstance(wrote, Exception) else "what was written could not be read"
    return Finding(
        "error",
        f"It does not take writes from scripts, so no message can be kept: {reason}.",
        "Nono needs a primary server with free memory and disk, and a user that may run EVALSHA and write.",
    )


def check_eviction(information: Row | Exception) -> list[Finding]:
    """Checks the eviction policy, the number of evicted keys and the memory in use."""
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
    """Describes the data loss after a crash, from the settings ``appendonly``, ``appendfsync`` and ``save``."""
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
    """Returns the server's or driver's own message behind an error, without a full stop."""
    words = str(refusal.__cause__ or "") or str(refusal)
    if isinstance(refusal, ResponseError) or isinstance(refusal.__cause__, ResponseError):
        words = words.partition(". ")[0]  # the rest is long advice for the server's administrator
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
    """Asynchronous version of ``_asked``; raises ``StoreUnavailable`` if the store did not respond at all."""
    try:
        return await store.arun(operation)
    except REFUSALS as refusal:
        if isinstance(refusal, ResponseError) or isinstance(refusal.__cause__, ResponseError):
            return refusal
        raise
