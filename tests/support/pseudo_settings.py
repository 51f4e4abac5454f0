"""The settings of a server whose German is made of marks (tests/support/pseudo.py)."""

import os
from pathlib import Path

from nono.settings import *  # noqa: F403  they are all its own but for one

LOCALE_PATHS = [Path(os.environ["PSEUDO_LOCALE"])]
