"""Adaptations to an endpoint and model, learned from its refusals and kept until the process ends.

After an endpoint refuses a parameter, the request is repeated without it, and later requests omit it.
"""

import logging
from dataclasses import dataclass, field
from typing import Any, Final

from chat_app.responders.refusal import Refusal
from chat_app.responders.targets import Target

logger = logging.getLogger(__name__)

MOST: Final = 1000
"""Maximum number of endpoint and model pairs that are stored."""


@dataclass(slots=True)
class Dialect:
    """Adaptations of the requests to one model at one endpoint.

    ``most_weight`` is the maximum weight of a prompt (chat_app/budget.py), ``context_tokens`` the context size that
    the endpoint reported; ``starts_inside`` if the model begins inside its reasoning without an opening tag.
    """

    omitted: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    folds_system: bool = False
    streams: bool = True
    most_weight: float | None = None
    context_tokens: int = 0
    starts_inside: bool = False

    def learn(self, refusal: Refusal, target: Target) -> bool:
        """Derives adaptations from a refusal and logs each once; returns whether any is new."""
        learned = list(self._changes(refusal))
        for sentence in learned:
            logger.warning("%s of %s %s.", target.model, target.url_setting, sentence)
        return bool(learned)

    def sentences(self) -> list[str]:
        """Returns the adaptations for this model as sentences for the doctor."""
        renamed = [f"is asked with {new} in place of {old}" for old, new in sorted(self.renamed.items())]
        omitted = [f"is asked without {name}" for name in sorted(self.omitted)]
        rest = {
            "gets the instructions in the first message, because it knows no system role": self.folds_system,
            "is asked for whole answers, because it does not stream": not self.streams,
            f"reads at most {self.context_tokens} tokens": self.context_tokens > 0,
            "begins with its reasoning": self.starts_inside,
        }
        return [*renamed, *omitted, *(sentence for sentence, holds in rest.items() if holds)]

    def speak(self, body: dict[str, Any]) -> dict[str, Any]:
        """Returns the request body adapted to this endpoint."""
        spoken = {self.renamed.get(name, name): value for name, value in body.items()}
        spoken = {name: value for name, value in spoken.items() if name not in self.omitted}
        if not self.streams:
            spoken = {name: value for name, value in spoken.items() if name != "stream_options"} | {"stream": False}
        return spoken | {"messages": folded(spoken["messages"])} if self.folds_system else spoken

    def _changes(self, refusal: Refusal) -> list[str]:
        changes = []
        for name, newer in (refusal.parameters or {}).items():
            if newer and name not in self.renamed:
                self.renamed[name] = newer
                changes.append(f"refuses {name}; it is asked with {newer} from now on")
            elif name not in self.omitted:
                self.omitted.add(name)
                changes.append(f"refuses {name}; it is asked without from now on")
        if refusal.refuses_system and not self.folds_system:
            self.folds_system = True
            changes.append("knows no system role; it gets the instructions in the first message from now on")
        if refusal.refuses_stream and self.streams:
            self.streams = False
            changes.append("does not stream; it is asked for whole answers from now on")
        return changes


def folded(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Returns the messages with the system message merged into the first user message."""
    if not messages or messages[0]["role"] != "system":
        return messages
    system, *turns = messages
    if not turns or turns[0]["role"] != "user":
        return [{"role": "user", "content": system["content"]}, *turns]
    return [{"role": "user", "content": f"{system['content']}\n\n{turns[0]['content']}"}, *turns[1:]]


_dialects: dict[tuple[str, str], Dialect] = {}


def dialect_of(target: Target) -> Dialect:
    """Returns the adaptations of a model at its endpoint."""
    key = (target.base_url, target.model)
    if key not in _dialects and len(_dialects) >= MOST:
        _dialects.clear()
    return _dialects.setdefault(key, Dialect())


def forget() -> None:
    """Deletes all adaptations."""
    _dialects.clear()
