"""Checks of ``nono_doctor`` on the store and on every chat in it."""

from typing import Final

from nono.store import health as store_health
from nono.store.health import Finding
from sessions_app.cleanup import FINDINGS, Sweep

REMEDIES: Final = {
    "orphan": "removes them",
    "without clock": "gives them their session's clock",
    "unequal clock": "gives all keys of a chat its session's clock",
    "not listed": "lists them again",
    "damaged": "removes them",
    "damaged part": "removes these keys",
    "eternal key": "gives them a clock",
    "early entry": "takes them out. Somebody removed keys by hand, or the store dropped them",
}
"""Action of ``--fix`` for each kind of finding that is a fault."""

WARNINGS: Final = {"early entry"}
"""Kinds that only indicate a past fault; the others are faults."""


def examine(*, fix: bool = False) -> list[Finding]:
    """Checks the store and, if it responds, every chat in it; with ``fix`` repairs the chats."""
    found = store_health.findings()
    if found[0].level != "ok":
        return found
    try:
        return [*found, *_of_chats(Sweep(fix=fix).run())]
    except store_health.REFUSALS as refusal:
        what = f"The chats could not be looked at to the end: {store_health.reason_of(refusal)}."
        return [*found, Finding("error", what, "Mend what is said above first, then look again.")]


def _of_chats(sweep: Sweep) -> list[Finding]:
    found = [_judged(kind, sweep) for kind in REMEDIES if sweep.found[kind]]
    if found:
        return found
    looked_at = f"{sweep.looked_at} keys and entries looked at"
    return [Finding("ok", f"Every chat has its clock and its place in the list ({looked_at}).")]


def _judged(kind: str, sweep: Sweep) -> Finding:
    words = FINDINGS[kind]
    what = f"{words[0].upper()}{words[1:]}: {sweep.found[kind]}"
    if sweep.fix:
        return Finding("ok", f"{what}, mended.")
    return Finding("warning" if kind in WARNINGS else "error", f"{what}.", f"nono_doctor --fix {REMEDIES[kind]}.")
