"""Keeps a prompt within a model's context: drops the oldest turns and learns the limit from refusals."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from chat_app.budget import LETTERS_PER_TOKEN, budget
from chat_app.responders.dialect import Dialect, logger
from chat_app.responders.refusal import Refusal
from chat_app.responders.targets import Target

if TYPE_CHECKING:
    from chat_app.context import ContextWindow

MARGIN: Final = 0.95
"""Fraction of a reported limit that is used, because weights are estimates."""

STEP: Final = 0.7
"""Fraction of the messages' weight for the next attempt, if the refusal names no number."""


@dataclass(slots=True)
class Fitting:
    """Fits the windows of one reply into the known limit of the model's context."""

    dialect: Dialect
    _most_completion: int = 0

    def fit(self, window: "ContextWindow") -> "ContextWindow":
        """Returns the window without as many of its oldest messages as exceed the model's context.

        The visitor's newest message and the messages after it always stay.
        """
        most = self.dialect.most_weight
        if most is None or weight_of(window) <= most:
            return window
        first = _least(window)
        left = most - budget.weight(window.system) - sum(budget.weight(one.content) for one in window.messages[first:])
        while first and (left := left - budget.weight(window.messages[first - 1].content)) >= 0:
            first -= 1
        while window.messages[first].role == "assistant" and first < _least(window):
            first += 1  # the first turn is the visitor's
        messages = window.messages[first:]
        return replace(window, messages=messages, context_from=messages[0].seq) if first else window

    def shrink(self, window: "ContextWindow", refusal: Refusal, target: Target) -> bool:
        """Learns the maximum prompt from the refusal of ``window``; returns whether a shorter one can be sent."""
        weight = weight_of(window)
        if not _least(window):
            return self._shorten_reply(refusal)
        asked = refusal.asked or weight / LETTERS_PER_TOKEN
        room = refusal.limit
        if room and asked <= room:  # the endpoint also counts the tokens of the reply
            room -= min(window.persona.max_tokens or 0, room // 2)
        system = budget.weight(window.system)
        most = weight * min(room / asked, 1) * MARGIN if room else system + (weight - system) * STEP
        self.dialect.most_weight = most
        if refusal.limit != self.dialect.context_tokens:
            self.dialect.context_tokens = refusal.limit
            logger.warning("%s of %s reads at most %d tokens.", target.model, target.url_setting, refusal.limit)
        if self.fit(window) is window:  # the estimate was too high: at least one message goes
            self.dialect.most_weight = weight - budget.weight(window.messages[0].content)
        return True

    def capped(self, body: dict[str, Any]) -> dict[str, Any]:
        """Returns the request body with the maximum reply length limited to the room in the context."""
        if not self._most_completion:
            return body
        names = [name for name in ("max_tokens", "max_completion_tokens") if name in body]
        return body | {name: min(body[name], self._most_completion) for name in names}

    def _shorten_reply(self, refusal: Refusal) -> bool:
        """Limits the reply if the endpoint counts it and the prompt alone fits; returns whether it did."""
        room = refusal.limit - refusal.asked
        if self._most_completion or not refusal.asked or room <= 0:
            return False
        self._most_completion = room
        return True


def _least(window: "ContextWindow") -> int:
    """Returns the index of the visitor's newest message, 0 where there is none."""
    return next((at for at in reversed(range(len(window.messages))) if window.messages[at].role == "user"), 0)


def weight_of(window: "ContextWindow") -> float:
    """Returns the weight of the instructions and the messages of a window."""
    return budget.weight(window.system) + sum(budget.weight(message.content) for message in window.messages)
