"""Loads the safety layer's files at start-up, so that the first message does not block the event loop."""

import threading

from chat_app.safety import helplines
from chat_app.safety.assessment import assess
from chat_app.safety.fixed_texts import languages
from chat_app.safety.output_rules import forbidden


def begin() -> None:
    """Starts loading the files in a thread of its own; until it is done, messages wait for the files they need."""
    threading.Thread(target=_read_all, name="safety files", daemon=True).start()


def _read_all() -> None:
    assess("")
    forbidden()
    languages()
    helplines.everywhere()
