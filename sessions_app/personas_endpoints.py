"""Endpoints of a personas file, in addition to LLM_BASE_URL, each with its own API key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

import pydantic.dataclasses
from pydantic import AfterValidator, ConfigDict, Field

from nono import environment, model_settings, url_validators
from nono.errors import ConfigurationError
from sessions_app.personas_file import Shown, checked

ENDPOINTS: Final = "endpoints"
"""Name of the file's table that holds them."""

NAME: Final = r"[A-Za-z0-9_-]{1,32}"


@dataclass(frozen=True)
class NamedEndpoint:
    """One additional model endpoint; the query of its URL may hold a key, too."""

    name: str
    base_url: str = field(repr=False)
    api_key: str | None = field(default=None, repr=False)


def _base_url(value: str) -> str:
    try:
        return url_validators.endpoint_url(value, key_in='the variable that "key" names')
    except ValueError as error:
        advice = f"; {error}" if isinstance(error, url_validators.Advice) else ""
        raise ValueError(f"it must be an address such as http://127.0.0.1:11434/v1{advice}") from None


@pydantic.dataclasses.dataclass(frozen=True, config=ConfigDict(extra="forbid", hide_input_in_errors=True))
class _Table:
    base_url: Annotated[str, Field(strict=True), AfterValidator(_base_url)]
    key: Annotated[str, Field(strict=True), AfterValidator(model_settings.key_variable)] | None = None


_SHOWN: Shown = {
    "base_url": lambda value: url_validators.shown(value) if isinstance(value, str) else url_validators.NOT_SHOWN
}


def endpoints_of(table: object, path: Path) -> Mapping[str, NamedEndpoint]:
    """Reads the table of endpoints; raises ConfigurationError naming file, endpoint, field and what is allowed."""
    if not isinstance(table, dict) or not all(isinstance(one, dict) for one in table.values()):
        raise ConfigurationError(
            f'{path}: "{ENDPOINTS}" holds one table per endpoint, such as [{ENDPOINTS}.fast]; '
            "no persona can be called so."
        )
    return MappingProxyType({name: _endpoint(name, fields, path) for name, fields in table.items()})


def _endpoint(name: str, fields: Mapping[str, Any], path: Path) -> NamedEndpoint:
    if not re.fullmatch(NAME, name):
        raise ConfigurationError(f"{path}: the endpoint name {name!r} must be 1 to 32 letters, digits, _ and -.")
    owner = f'{path}: endpoint "{name}"'
    told = checked(_Table, fields, owner, _SHOWN)
    return NamedEndpoint(name, told.base_url, None if told.key is None else _key(told.key, owner))


def _key(variable: str, owner: str) -> str:
    if variable in environment.Environment.model_fields and variable != "LLM_API_KEY":
        raise ConfigurationError(f"{owner}, field key: {variable} is another setting of Nono and no endpoint's key.")
    try:
        key = model_settings.api_key(environment.variable(variable) or "")
    except ValueError:
        raise ConfigurationError(
            f"{owner}: the variable {variable} is {url_validators.NOT_SHOWN}: it must be {model_settings.A_KEY}."
        ) from None
    if key is None:
        raise ConfigurationError(f"{owner}: the variable {variable} is not set; it must hold the endpoint's key.")
    return key
