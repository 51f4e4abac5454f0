"""Notes for replies that did not end normally, for readers of exports, transcripts and the terminal."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_noop

WORDS: Final[Mapping[str, str]] = {
    "stopped": gettext_noop("stopped before its end"),
    "interrupted": gettext_noop("interrupted"),
    "error": gettext_noop("ended by an error"),
    "length": gettext_noop("cut at the length limit"),
    "content_filter": gettext_noop("withheld by the provider"),
    "refusal": gettext_noop("the model declined"),
}
"""Words for each end, to be translated."""


def end_of(metadata: Mapping[str, Any]) -> str:
    """Returns the key of ``WORDS`` for the metadata of a reply, "" if it ended normally."""
    state, finish = str(metadata.get("state")), str(metadata.get("finish_reason"))
    if state == "error" and metadata.get("reason") == "policy":
        finish = "content_filter"
    if state in {"stopped", "interrupted"} or finish not in WORDS:
        return state if state in WORDS else ""
    return finish
