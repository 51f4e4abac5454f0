"""What can go wrong with one request for a reply, in the project's own words.

What an endpoint says of its failures is never repeated, shown or logged, for it may quote the key or the chat: a
sentence names the status, the endpoint's short identifiers and what an operator can do.
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
"""Why there is no reply, for programs: ``metadata.reason`` of a failed reply."""

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
"""What a visitor or a script is told for each reason."""


class EndpointError(Exception):
    """One request failed; ``again`` where another may not, after ``pause`` seconds if the endpoint named a time.

    ``reported`` where the endpoint itself reports in the midst of an answer that it failed; ``refusal`` is what it
    refused, where that is known. ``is_loading`` where the endpoint says that it is not ready yet (503).
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
