"""The only package that talks to Redis: ``run`` and ``arun`` execute the operations of nono/store/operations.py."""

from nono.store.client import (
    DEADLINE,
    Argument,
    Operation,
    Script,
    aclose,
    arun,
    arun_all,
    command,
    in_time,
    load_script,
    run,
    run_all,
    script,
)

__all__ = [
    "DEADLINE",
    "Argument",
    "Operation",
    "Script",
    "aclose",
    "arun",
    "arun_all",
    "command",
    "in_time",
    "load_script",
    "run",
    "run_all",
    "script",
]
