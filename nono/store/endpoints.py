"""Outcomes of the last reply of each model endpoint, shared by all processes and commands."""

from typing import Final

from nono.store import Operation, command
from nono.store.decode import text_of

KEPT_S: Final = 24 * 3600
"""TTL in seconds of the outcome of a last reply."""


def note_last_reply(mark: str, told: str) -> Operation[bool]:
    """Stores ``told`` (JSON), the outcome for the endpoint that ``mark`` identifies."""
    return command("SET", endpoint_key(mark), told, "EX", KEPT_S, read=bool)


def last_reply(mark: str) -> Operation[str]:
    """Reads the stored outcome of that endpoint, "" if there is none."""
    return command("GET", endpoint_key(mark), read=lambda answer: text_of(answer or b""))


def endpoint_key(mark: str) -> str:
    """Returns the key of an endpoint's last outcome."""
    return f"endpoint:{mark}"
