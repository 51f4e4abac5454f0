"""Serves Nono with a voice that repeats the newest message, as a model does that somebody talked into it."""

import sys
from collections.abc import AsyncIterator
from typing import Any

from tests.support import mutants


class Parrot(mutants.Voice):
    """Says what was said."""

    async def stream(self, window: Any) -> AsyncIterator[str]:
        """Yields it at once."""
        yield window.messages[-1].content


def parrot() -> None:
    """Puts the parrot in the place of the voice."""
    mutants._answer_with(Parrot())


mutants.ALTERATIONS["parrot"] = parrot

if __name__ == "__main__":
    sys.argv[1:] = ["parrot"]
    sys.exit(mutants.main())
