"""Operations on the server itself, and rate limits."""

from nono.store import Operation, command, script
from nono.store.decode import Row, row_of
from nono.store.keys import limit_key


def take_rate_limit(whom: str, period_ms: int, burst: int) -> Operation[int]:
    """Takes one unit of a rate limit; returns 0 if it was granted, else the milliseconds to wait."""
    return script("rate_limit_take", (limit_key(whom),), (period_ms, burst), int)


def ping() -> Operation[bool]:
    """Checks whether the store responds."""
    return command("PING", read=bool)


def probe() -> Operation[bool]:
    """Checks whether the store runs scripts and accepts writes."""
    return script("server_probe", ("nono_probe",), (), bool)


def information() -> Operation[Row]:
    """Reads the server's INFO: version, memory, persistence, counts."""
    return command("INFO", read=lambda facts: {name: str(fact) for name, fact in facts.items()})


def configuration(name: str) -> Operation[str]:
    """Reads one setting of the server, ``""`` if it does not exist; hosted servers often forbid CONFIG GET."""
    return command("CONFIG", "GET", name, read=lambda answer: row_of(answer).get(name, ""))
