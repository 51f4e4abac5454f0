"""Reads the layer's files before the first visitor writes, who would otherwise wait for it, and everybody else too."""

import threading

from chat_app.safety import helplines
from chat_app.safety.assessment import assess
from chat_app.safety.fixed_texts import languages
from chat_app.safety.output_rules import forbidden


def begin() -> None:
    """Begins to read them, in a thread of its own; until that is done, messages wait for what they need."""
    threading.Thread(target=_read_all, name="safety files", daemon=True).start()


def _read_all() -> None:
    assess("")
    forbidden()
    languages()
    helplines.everywhere()
