"""How many sockets may be open at once: counted in the store, so that all processes count together.

An open socket holds one place at its client's address and one in its session. A beat keeps the places of this
process; those of one that died are free again within ``operations.PLACE_MS``.
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
"""Seconds that somebody refused is asked to wait."""

BEAT: Final = 10.0
"""Seconds between two renewals: two may be missed."""

AT_ONCE: Final = 500
"""Slots in one round trip."""

_held: WeakKeyDictionary[asyncio.AbstractEventLoop, dict["ConnectionSlots", None]] = WeakKeyDictionary()
_beats: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()


class ConnectionSlots:
    """The places of one socket."""

    def __init__(self) -> None:
        self._socket = uuid.uuid4().hex
        self._keys: list[str] = []

    async def acquire_for_address(self, address: str) -> None:
        """Raises ``TooManySockets`` where NONO_SOCKETS_PER_ADDRESS of this address are open: two for each tab."""
        if settings.NONO_RATE_LIMITS:
            limit = settings.NONO_SOCKETS_PER_ADDRESS
            sentence = f"More than {limit} connections are open from your address. Please close some tabs."
            await self._acquire("sockets of an address", operations.places_key(address), limit, sentence)

    async def acquire_for_session(self, user_id: str) -> None:
        """Raises ``TooManySockets`` where 20 tabs have this session open; they are counted without limits, too."""
        sentence = f"This chat is open in more than {PER_SESSION} places. Please close some of its tabs."
        limit = PER_SESSION if settings.NONO_RATE_LIMITS else 0
        await self._acquire("sockets of a chat", operations.tabs_key(user_id), limit, sentence)

    async def release(self) -> None:
        """Gives all places back; while the store is away their clock does it."""
        _held.get(asyncio.get_running_loop(), {}).pop(self, None)
        places, self._keys = self.places(), []
        if places:
            with contextlib.suppress(StoreUnavailable):
                await store.arun_all([operations.release_slot(*place) for place in places])

    def places(self) -> list[tuple[str, str]]:
        """Returns what is held, as ``operations.renew_slots`` takes it."""
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
        # A context of its own: the beat outlives the socket that began it.
        _beats[loop] = loop.create_task(_look_after(held), context=contextvars.Context())


async def _look_after(held: dict[ConnectionSlots, None]) -> None:
    while held:
        await asyncio.sleep(BEAT)
        try:
            await keep_all(held)
        except StoreUnavailable as error:
            logger.warning("the places of open sockets were not kept: %s", error.detail)


async def keep_all(held: dict[ConnectionSlots, None]) -> None:
    """Keeps all places once, also those that the store forgot."""
    every = iter([(places, place) for places in held for place in places.places()])
    while some := list(islice(every, AT_ONCE)):
        await store.arun(operations.renew_slots([place for _, place in some]))
        if left := [place for places, place in some if places not in held]:  # meanwhile
            await store.arun_all([operations.release_slot(*place) for place in left])
