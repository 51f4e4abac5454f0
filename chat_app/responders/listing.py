"""List of models of an endpoint, and the matching of model names against it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

DEFAULT_MODEL: Final = "default"
"""Default of LLM_MODEL."""

_NAMES_COUNT: Final = frozenset({"library", "vllm"})
"""Values of ``owned_by`` of servers that refuse unlisted names: Ollama's and vLLM's."""

_DATED: Final = r"-latest|[-@]\d{8}|-\d{4}-\d\d-\d\d"


@dataclass(frozen=True, slots=True)
class Listing:
    """Models of ``/models``, each under all of its names; ``is_whole`` if there is no further page."""

    models: tuple[tuple[str, ...], ...]
    owners: frozenset[str] = frozenset()
    is_single: bool = False
    is_whole: bool = True

    def has(self, model: str) -> bool | None:
        """Returns whether ``model`` is listed; None if the endpoint may accept it although it is not.

        Ollama adds ``:latest``, Gemini prefixes names with ``models/`` and LiteLLM lists ``openai/*``; Anthropic
        accepts a name without its date, and OpenRouter one with the suffix ``:online``.
        """
        listed = {_plain(name) for names in self.models for name in names}
        wanted = _plain(model)
        if wanted in listed or any(name.endswith("*") and wanted.startswith(name[:-1]) for name in listed):
            return True
        return None if self._may_take(wanted, model) else False

    def _may_take(self, wanted: str, model: str) -> bool:
        raw = {name for names in self.models for name in names}
        dated = re.compile(rf"{re.escape(wanted.removesuffix('-latest'))}(?:{_DATED})")
        return (
            not self.is_whole
            or model.rpartition(":")[0] in raw
            or wanted.lower() in {_plain(name).lower() for name in raw}
            or any(dated.fullmatch(_plain(name)) for name in raw)
            or (model == DEFAULT_MODEL and self.is_single and not self.owners & _NAMES_COUNT)
        )


def listing_of(told: Any) -> Listing | None:
    """Parses the JSON of a ``/models`` response; returns None if it is not a list of models."""
    listed = told.get("data", told.get("models")) if isinstance(told, dict) else told
    if listed is None and isinstance(told, dict) and told.get("object") == "list":  # Ollama without a model
        listed = []
    if not isinstance(listed, list):
        return None
    tables = [one for one in listed if isinstance(one, dict)]
    owners = {owner for one in tables if isinstance(owner := one.get("owned_by"), str)}
    return Listing(
        models=tuple(tuple(_names(one)) for one in listed),
        owners=frozenset(owners),
        is_single=len(listed) == 1 and not any("status" in one for one in tables),  # llama.cpp's router gives one
        is_whole=not (isinstance(told, dict) and told.get("has_more")),
    )


def _names(listed: Any) -> Iterator[str]:
    if not isinstance(listed, dict):
        listed = {"id": listed}
    aliases = listed.get("aliases")
    for name in (listed.get("id"), listed.get("name"), *(aliases if isinstance(aliases, list) else ())):
        if isinstance(name, str):
            yield name


def _plain(name: str) -> str:
    return name.removeprefix("models/").removesuffix(":latest")
