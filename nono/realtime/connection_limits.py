"""Limits on open sockets, counted in the store and therefore across all processes.

An open socket holds one slot for its client's address and one for its session. A background task renews the slots of
this process; the slots of a process that died expire within ``operations.PLACE_MS``.
"""

import asyncio
import contextlib
import contextvars
import logging
import uuid
from itertools import islice
from typing import Final
from weakref import WeakKeyDictionary

from django.conf import settings

from nono import store
from nono.errors import StoreUnavailable, TooManySockets
from nono.metrics import counters
from nono.store import operations

logger = logging.getLogger(__name__)

PER_SESSION: Final = 20

COME_BACK: Final = 10
"""``retry_after`` of a refused socket, in seconds."""

BEAT: Final = 10.0
"""Seconds between two renewals; a slot outlives two missed renewals."""

AT_ONCE: Final = 500
"""Maximum number of slots renewed in one round trip."""

_held: WeakKeyDictionary[asyncio.AbstractEventLoop, dict["ConnectionSlots", None]] = WeakKeyDictionary()
_beats: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()


class ConnectionSlots:
    """The slots held by one socket."""

    def __init__(self) -> None:
        self._socket = uuid.uuid4().hex
        self._keys: list[str] = []

    async def acquire_for_address(self, address: str) -> None:
        """Acquires a slot; raises ``TooManySockets`` over NONO_SOCKETS_PER_ADDRESS (each open page uses two)."""
        if settings.NONO_RATE_LIMITS:
            limit = settings.NONO_SOCKETS_PER_ADDRESS
            sentence = f"More than {limit} connections are open from your address. Please close some tabs."
            await self._acquire("sockets of an address", operations.places_key(address), limit, sentence)

    async def acquire_for_session(self, user_id: str) -> None:
        """Acquires a slot, raising ``TooManySockets`` over 20; counts but never raises if NONO_RATE_LIMITS is off."""
        sentence = f"This chat is open in more than {PER_SESSION} places. Please close some of its tabs."
        limit = PER_SESSION if settings.NONO_RATE_LIMITS else 0
        await self._acquire("sockets of a chat", operations.tabs_key(user_id), limit, sentence)

    async def release(self) -> None:
        """Releases all slots; if the store is unreachable, they expire by their TTL."""
        _held.get(asyncio.get_running_loop(), {}).pop(self, None)
        places, self._keys = self.places(), []
        if places:
            with contextlib.suppress(StoreUnavailable):
                await store.arun_all([operations.release_slot(*place) for place in places])

    def places(self) -> list[tuple[str, str]]:
        """Returns the held slots as pairs of key and socket id, as ``operations.renew_slots`` takes them."""
        return [(key, self._socket) for key in self._keys]

    async def _acquire(self, policy: str, key: str, limit: int, sentence: str) -> None:
        if not await store.arun(operations.acquire_slot(key, self._socket, limit)):
            counters.count("limits_hit", policy=policy)
            raise TooManySockets(sentence, retry_after=COME_BACK)
        self._keys.append(key)
        _keep(self)


def _keep(places: ConnectionSlots) -> None:
    loop = asyncio.get_running_loop()
    held = _held.setdefault(loop, {})
    held[places] = None
    if loop not in _beats or _beats[loop].done():
        # A context of its own: the task outlives the socket that started it.
        _beats[loop] = loop.create_task(_look_after(held), context=contextvars.Context())


async def _look_after(held: dict[ConnectionSlots, None]) -> None:
    while held:
        await asyncio.sleep(BEAT)
        try:
            await keep_all(held)
        except StoreUnavailable as error:
            logger.warning("the places of open sockets were not kept: %s", error.detail)


async def keep_all(held: dict[ConnectionSlots, None]) -> None:
    """Renews all slots once, including those that have expired in the store."""
    every = iter([(places, place) for places in held for place in places.places()])
    while some := list(islice(every, AT_ONCE)):
        await store.arun(operations.renew_slots([place for _, place in some]))
        if left := [place for places, place in some if places not in held]:  # released during the await
            await store.arun_all([operations.release_slot(*place) for place in left])
