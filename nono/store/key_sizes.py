"""Memory sizes and expiry times of keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nono.store import Operation, script


@dataclass(frozen=True, slots=True)
class Held:
    """Size of a key (None if the server does not report it) and its expiry in unix ms (0: without TTL)."""

    bytes: int | None
    expires_at_ms: int


def held(keys: Sequence[str], *, share_of: str = "") -> Operation[list[Held | None]]:
    """Reads the sizes of many keys at once; None for a key that does not exist.

    With ``share_of`` the keys are sorted sets, and each size is divided by the number of members: the share of the
    member ``share_of``, None if it is not a member.
    """
    return script("key_sizes", keys, [share_of] * len(keys), lambda answer: [_held(one) for one in answer])


def _held(answer: list[Any]) -> Held | None:
    if not answer:
        return None
    size, expires_at = int(answer[0]), int(answer[1])
    return Held(None if size < 0 else size, expires_at)
