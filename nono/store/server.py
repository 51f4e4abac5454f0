"""The store itself, and its rate limits."""

from nono.store import Operation, command, script
from nono.store.decode import Row, row_of
from nono.store.keys import limit_key


def take_rate_limit(whom: str, period_ms: int, burst: int) -> Operation[int]:
    """Takes one unit of a rate limit; answers the milliseconds to wait, 0 if it was granted."""
    return script("rate_limit_take", (limit_key(whom),), (period_ms, burst), int)


def ping() -> Operation[bool]:
    """Asks whether the store is there."""
    return command("PING", read=bool)


def probe() -> Operation[bool]:
    """Asks whether the store runs scripts and takes writes."""
    return script("server_probe", ("nono_probe",), (), bool)


def information() -> Operation[Row]:
    """Reads what the server tells of itself: its version, memory, persistence, counts."""
    return command("INFO", read=lambda facts: {name: str(fact) for name, fact in facts.items()})


def configuration(name: str) -> Operation[str]:
    """Reads one setting of the server, ``""`` for one that it does not have; hosted servers often forbid it."""
    return command("CONFIG", "GET", name, read=lambda answer: row_of(answer).get(name, ""))
