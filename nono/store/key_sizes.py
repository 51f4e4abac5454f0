"""What keys take up and how long they live."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nono.store import Operation, script


@dataclass(frozen=True, slots=True)
class Held:
    """A key that is there: its size, None where the server does not tell, and when it dies, 0 for never."""

    bytes: int | None
    expires_at_ms: int


def held(keys: Sequence[str], *, share_of: str = "") -> Operation[list[Held | None]]:
    """Weighs many keys at once; None for one that is not there.

    With ``share_of`` they are sorted sets, and each one's size is divided by its members: the share of this one, None
    where it is no member.
    """
    return script("key_sizes", keys, [share_of] * len(keys), lambda answer: [_held(one) for one in answer])


def _held(answer: list[Any]) -> Held | None:
    if not answer:
        return None
    size, expires_at = int(answer[0]), int(answer[1])
    return Held(None if size < 0 else size, expires_at)
