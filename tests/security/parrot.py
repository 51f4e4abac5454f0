"""Serves Nono with a voice that repeats the newest message, as a model does that somebody talked into it."""

import sys
from collections.abc import AsyncIterator
from typing import Any

from tests.faults import altered


class Parrot(altered.Voice):
    """Says what was said."""

    async def stream(self, window: Any) -> AsyncIterator[str]:
        """Yields it at once."""
        yield window.messages[-1].content


def parrot() -> None:
    """Puts the parrot in the place of the voice."""
    altered._answer_with(Parrot())


altered.ALTERATIONS["parrot"] = parrot

if __name__ == "__main__":
    sys.argv[1:] = ["parrot"]
    sys.exit(altered.main())
