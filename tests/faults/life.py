"""What the clients of these tests have in common: they live as a task for as long as they are open."""

import asyncio
from types import TracebackType
from typing import Self


class Life:
    """``async with`` it: ``_live`` runs until the end; where it failed before, its error is raised there."""

    _life: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begins to live."""
        self._life = asyncio.create_task(self._live())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Ends it."""
        assert self._life
        if self._life.done() and kind is None:
            self._life.result()
        self._life.cancel()
        await asyncio.wait([self._life])

    async def _live(self) -> None:
        raise NotImplementedError
