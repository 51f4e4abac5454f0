"""Personas of the shipped file, or of the operator's own file (NONO_PERSONAS)."""

from collections.abc import Mapping
from dataclasses import field, fields, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from django.conf import settings
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.dataclasses import dataclass

from nono import model_settings
from nono.errors import ConfigurationError, UnknownPersona
from sessions_app.offline_rules import CHECKED, OfflineRules, Rule
from sessions_app.persona_words import Greeting, Language, Name, Role, Starters, Words
from sessions_app.personas_endpoints import ENDPOINTS, NamedEndpoint, endpoints_of
from sessions_app.personas_file import checked, tables_of

SHIPPED = Path(__file__).with_name("personas.toml")
DEFAULT = "default"
SHARED = "shared"


def contrast_with_white(colour: str) -> float:
    """Returns the contrast ratio of ``#rrggbb`` and white, 1 to 21 (WCAG 2.2, relative luminance)."""
    channels = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def _readable_on_white(colour: str) -> str:
    if (ratio := contrast_with_white(colour)) < 4.5:
        raise ValueError(f"has a contrast of {ratio:.2f}:1 with white; allowed: 4.5:1 and more")
    return colour


def _model(name: str) -> str:
    try:
        return model_settings.model_name(name)
    except ValueError:
        raise ValueError("is no name of a model; allowed: at most 200 printable characters") from None


def _some(texts: object) -> object:
    if texts == []:
        raise ValueError("is empty; allowed: 1 to 4 texts")
    return texts


Stop = Annotated[str, Field(min_length=1, max_length=64)]


@dataclass(frozen=True, config=CHECKED)
class Persona:
    """One persona: its display, its prompt for a model, and its rules for replies without a model."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    name: Name
    role: Role
    greeting: Greeting
    starters: Starters
    system_prompt: Annotated[str, Field(min_length=1, max_length=8000)]
    colour: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$"), AfterValidator(_readable_on_white)]
    offline: OfflineRules
    words: Mapping[Language, Words] = field(default_factory=dict)
    endpoint: str | None = None
    model: Annotated[str, AfterValidator(_model)] | None = None
    # None is not sent: the model's default applies.
    temperature: Annotated[float, Field(strict=True, ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)] | None = None
    max_tokens: Annotated[int, Field(strict=True, ge=1, le=32768)] | None = None
    seed: Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)] | None = None
    stop: Annotated[tuple[Stop, ...], Field(max_length=4), BeforeValidator(_some)] = ()

    def in_language(self, code: str | None) -> "Persona":
        """Returns the persona in that language, or unchanged if there is no translation."""
        words = self.words.get(code or "")
        return self if words is None else replace(self, **{one.name: getattr(words, one.name) for one in fields(words)})

    def to_dict(self) -> dict[str, str | list[str]]:
        """Returns the public fields, without the system prompt and the endpoint."""
        shown = {name: getattr(self, name) for name in ("key", "name", "role", "greeting", "colour")}
        return {**shown, "starters": list(self.starters)}


def get(key: str) -> Persona:
    """Returns the persona of that key; raises UnknownPersona, whose text lists the known ones."""
    known = _configured()
    if key not in known:
        raise UnknownPersona(f'There is no persona "{key}"; the personas are: {", ".join(known)}.')
    return known[key]


def every(language: str | None = None) -> tuple[Persona, ...]:
    """Returns all personas in the order of their file, translated if the file has that language."""
    return tuple(persona.in_language(language) for persona in _configured().values())


def endpoints() -> Mapping[str, NamedEndpoint]:
    """Returns the file's endpoints besides LLM_BASE_URL by name; a persona's ``endpoint`` is one of these names."""
    return _read(settings.NONO_PERSONAS or SHIPPED).endpoints


def load(path: Path) -> Mapping[str, Persona]:
    """Reads and checks the personas of a file, once per process.

    Raises ConfigurationError with the file, the persona, the field or rule, the value and what is allowed.
    """
    return _read(path).personas


def _configured() -> Mapping[str, Persona]:
    return load(settings.NONO_PERSONAS or SHIPPED)


class _File(NamedTuple):
    personas: Mapping[str, Persona]
    endpoints: Mapping[str, NamedEndpoint]


@cache
def _read(path: Path) -> _File:
    tables = tables_of(path)
    shared = tables.pop(SHARED, {})
    checked(_Shared, shared, f"{path}: the shared rules")
    named = endpoints_of(tables.pop(ENDPOINTS, {}), path)
    if DEFAULT not in tables:
        raise ConfigurationError(
            f'The personas file {path} has no persona "{DEFAULT}", which every new chat starts with; '
            f"it has: {', '.join(tables) or 'none'}."
        )
    whole = {key: _with_shared(key, table, shared) for key, table in tables.items()}
    found = {key: checked(Persona, table, f'{path}: persona "{key}"') for key, table in whole.items()}
    for persona in found.values():
        if persona.endpoint is not None and persona.endpoint not in named:
            raise ConfigurationError(
                f'{path}: persona "{persona.key}", field endpoint: there is no endpoint {persona.endpoint!r}; '
                f"the file has: {', '.join(named) or 'none'}."
            )
    return _File(found, named)


@dataclass(frozen=True, config=CHECKED)
class _Shared:
    """Rules appended to every persona that has no rule of the same name."""

    rules: tuple[Rule, ...] = ()


def _with_shared(key: str, table: object, shared: Mapping[str, Any]) -> object:
    match table:
        case {"offline": {"rules": list(own), **offline}, **rest}:
            pass
        case {"offline": {**offline}, **rest}:
            own = []
        case {**rest}:
            return {**rest, "key": key}
        case _:
            return table
    taken = [rule.get("name") for rule in own if isinstance(rule, dict)]
    rules = [*own, *(rule for rule in shared.get("rules", []) if rule["name"] not in taken)]
    return {**rest, "key": key, "offline": {**offline, "rules": rules}}
