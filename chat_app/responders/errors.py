"""What can go wrong with one try at a reply, in the project's own words.

What an endpoint says of its failures is never repeated, shown or logged, for it may quote the key or the chat:
a sentence names the status and what an operator can do.
"""

from http import HTTPStatus
from typing import Final

AGAIN: Final = frozenset({408, 409, 429})
"""Statuses, besides 500 and over, that another try may better."""

_ADVICE: Final = {
    401: "check LLM_API_KEY",
    403: "check LLM_API_KEY",
    404: "check LLM_BASE_URL and LLM_MODEL",
}


class EndpointError(Exception):
    """One try failed; ``again`` where another may not, after ``pause`` seconds if the endpoint named a time.

    ``reported`` where the endpoint itself reports in the midst of an answer that it failed.
    """

    def __init__(
        self, sentence: str, *, again: bool = False, pause: float | None = None, reported: bool = False
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.again = again
        self.pause = pause
        self.reported = reported


def of_status(status: int, pause: float | None) -> EndpointError:
    """Returns the error that a status other than 200 is."""
    if 300 <= status < 400:
        return EndpointError(
            f"The model endpoint redirects (status {status}), which is not followed: "
            "LLM_BASE_URL must be where it leads."
        )
    known = {one.value: one.phrase for one in HTTPStatus}
    words = " ".join(filter(None, [str(status), known.get(status)]))
    advice = f": {_ADVICE[status]}." if status in _ADVICE else "."
    return EndpointError(
        f"The model endpoint answered {words}{advice}", again=status in AGAIN or status >= 500, pause=pause
    )
