"""How far the faults are driven: the short form in every run of the tests, the long form by ``make faults``."""

import os

IS_LONG = os.environ.get("NONO_TEST_FAULTS") == "long"


def times(short: int, long: int) -> int:
    """Returns how often to try a fault in this run."""
    return long if IS_LONG else short
