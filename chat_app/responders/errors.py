"""Errors of one request to a model endpoint, in the project's own words.

Error messages of an endpoint are never shown or logged, because they may quote the key or the chat: a sentence names
the status, the endpoint's short identifiers and what an operator can do.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from chat_app.responders.refusal import Refusal

Reason = Literal[
    "unreachable",
    "timeout",
    "key",
    "quota",
    "model",
    "parameter",
    "context",
    "policy",
    "busy",
    "empty",
    "broken",
    "internal",
]
"""Machine-readable cause of a failed reply: its ``metadata.reason``."""

VISITOR_SENTENCES: Final[Mapping[str, str]] = {
    "unreachable": "The model cannot be reached just now.",
    "timeout": "The model did not answer in time.",
    "key": "The model refuses this site's key; the people who run this site have to look at it.",
    "quota": "This site's credit with the model's provider is used up; the people who run it have to look at it.",
    "model": "The model of this site is not there; the people who run this site have to look at it.",
    "parameter": "The model refused the question; the people who run this site have to look at it.",
    "context": "The message is too long for this model.",
    "policy": "The answer was withheld by the model's provider.",
    "busy": "The model is busy.",
    "empty": "The model said nothing.",
    "broken": "The model's answer could not be read.",
    "internal": "Something went wrong on our side.",
}
"""Sentence for visitors and API clients for each reason."""


class EndpointError(Exception):
    """One request failed; ``again`` if a retry may succeed, after ``pause`` seconds if the endpoint named a time.

    ``reported`` if the endpoint reported the error within an answer; ``refusal`` is what it refused, if known.
    ``is_loading`` if the endpoint reports that it is not ready yet (503).
    """

    def __init__(
        self,
        sentence: str,
        *,
        reason: Reason = "broken",
        again: bool = False,
        pause: float | None = None,
        reported: bool = False,
        is_loading: bool = False,
        refusal: "Refusal | None" = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.reason: Reason = reason
        self.again = again
        self.pause = pause
        self.reported = reported
        self.is_loading = is_loading
        self.refusal = refusal
