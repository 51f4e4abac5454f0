"""How the last replies of model endpoints ended, for all processes and commands."""

from typing import Final

from nono.store import Operation, command
from nono.store.decode import text_of

KEPT_S: Final = 24 * 3600
"""Seconds for which the outcome of a last reply is kept."""


def note_last_reply(mark: str, told: str) -> Operation[bool]:
    """Keeps ``told`` (JSON) about the endpoint that ``mark`` stands for."""
    return command("SET", endpoint_key(mark), told, "EX", KEPT_S, read=bool)


def last_reply(mark: str) -> Operation[str]:
    """Returns what is kept about that endpoint, "" for nothing."""
    return command("GET", endpoint_key(mark), read=lambda answer: text_of(answer or b""))


def endpoint_key(mark: str) -> str:
    """Returns the key of what is known about an endpoint."""
    return f"endpoint:{mark}"
