"""Random requests, frames and bytes: no error, no traceback, no death, no growth, and right answers to the end.

``NONO_FUZZ_SECONDS`` says for how long (two minutes unless it is set), ``NONO_FUZZ_SEED`` what is drawn: the
seed of every run is printed, and each finding names the step from which its input can be drawn again.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.redis_server import OwnRedis
from tests.fuzz.attack import MAY_GROW, Attack
from tests.fuzz.planted import DEFECTS
from tests.fuzz.visitor import HISTORY
from tests.support.server import Server

SECONDS = float(os.environ.get("NONO_FUZZ_SECONDS", "120"))
SEED = int(os.environ["NONO_FUZZ_SEED"])
TO_FIND = 60.0
"""Seconds within which a planted defect has to be found."""

TO_GROW = 15.0
"""Seconds of the attack on one that grows, which is only seen at the end."""

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(SECONDS + 120)]

Begin = Callable[..., Attack]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts a process on a Redis of its own, with parts of it altered, to be attacked for some seconds."""
    store, started = OwnRedis(), list[Server]()
    store.start()

    def start(seconds: float, *alterations: str) -> Attack:
        program = ("tests.fuzz.planted", "brief", *alterations)
        log = tmp_path / "log"
        variables = {"REDIS_URL": store.url, "NONO_ACCESS": "private", "NONO_HISTORY_LIMIT": str(HISTORY)}
        started.append(Server(tmp_path, program, log, **variables))
        started[-1].start()
        return Attack(started[-1], log, SEED, seconds)

    yield start
    for server in started:
        server.kill()
    store.close()


async def test_nothing_random_makes_it_fail(begin: Begin, record_property: Callable[[str, object], None]) -> None:
    attack = begin(SECONDS)
    await attack.run()
    steps, grown = sum(attack.steps.values()), attack.growth / 2**20
    record_property("fuzz", f"{steps} steps in {SECONDS:.0f} s ({attack.steps}); memory {grown:+.1f} MiB")
    assert not attack.findings, f"seed {SEED}: " + "\n".join(map(str, attack.findings))
    assert attack.growth <= MAY_GROW
    assert attack.server.stop() == 0


@pytest.mark.parametrize("defect", DEFECTS)
async def test_a_planted_defect_is_found(begin: Begin, defect: str) -> None:
    attack = begin(TO_GROW if defect == "leak" else TO_FIND, defect)
    await attack.run()
    assert attack.findings, f"seed {SEED}: nothing in {attack.steps}"
