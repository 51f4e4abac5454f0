"""Serves Nono with a defect planted in it: ``python -m tests.fuzz.planted crash``; each has to be found."""

import os
import sys
from collections.abc import Callable
from typing import Any

from tests.support import mutants

KEPT: list[bytes] = []


def crash() -> None:
    """Lets a list fail that is asked for one persona alone, or by a part of a name."""
    from sessions_app.listing import ListQuery

    look: Any = ListQuery.__post_init__

    def look_and_stumble(query: ListQuery) -> None:
        if query.persona or query.text:
            raise ZeroDivisionError
        look(query)

    ListQuery.__post_init__ = look_and_stumble  # type: ignore[method-assign, assignment]


def stumble() -> None:
    """Lets a socket fail over a frame that asks for another reply."""
    from chat_app import conversation

    async def regenerate(*_: Any) -> None:
        raise LookupError("planted")

    conversation.regenerate = regenerate  # type: ignore[assignment]


def die() -> None:
    """Ends the process at a name with a control character or a sign of patterns in it."""
    from sessions_app import names

    is_allowed = names._is_allowed

    def look(name: str, position: int) -> bool:
        if name[position] < " " or name[position] in "*[{|^":
            os._exit(1)
        return is_allowed(name, position)

    names._is_allowed = look


def leak() -> None:
    """Keeps a little of every refusal for ever."""
    from nono.errors import NonoError

    begin = NonoError.__init__

    def keep(self: NonoError, *arguments: Any, **keywords: Any) -> None:
        begin(self, *arguments, **keywords)
        KEPT.append(os.urandom(1024 * 1024))

    NonoError.__init__ = keep  # type: ignore[method-assign]


def forget() -> None:
    """Acknowledges every tenth message without keeping it."""
    from chat_app.memory import ChatMemoryManager, StoredMessage
    from chat_app.messages import new_message

    add, count = ChatMemoryManager.aadd_message, iter(range(10**9))

    async def add_nearly_always(
        self: ChatMemoryManager, user_id: str, role: Any, content: str, *a: Any, **k: Any
    ) -> Any:
        if next(count) % 10 == 9:
            return StoredMessage(new_message(role, content, id=k.get("id", "")), duplicate=True, expires_at_ms=0)
        return await add(self, user_id, role, content, *a, **k)

    ChatMemoryManager.aadd_message = add_nearly_always  # type: ignore[method-assign]


DEFECTS: dict[str, Callable[[], None]] = {defect.__name__: defect for defect in (crash, stumble, die, leak, forget)}
mutants.ALTERATIONS.update(DEFECTS)

if __name__ == "__main__":
    sys.exit(mutants.main())
