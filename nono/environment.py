"""Settings of the operator, read from the environment and ``.env`` and validated before use."""

import difflib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from nono import model_settings, setting_errors, url_validators
from nono.errors import ConfigurationError

PROJECT = Path(__file__).resolve().parent.parent
"""Folder of manage.py. Relative paths in settings are relative to it."""

ENV_FILE = PROJECT / os.environ.get("NONO_ENV_FILE", ".env")
"""NONO_ENV_FILE names another file, or none (``/dev/null``), for tests."""

NO_SETTINGS = frozenset(
    {"NONO_ENV_FILE", "NONO_TEST_REQUIRE", "NONO_TEST_FAULTS", "NONO_FUZZ_SECONDS", "NONO_FUZZ_SEED"}
)
"""Variables that are no settings: read above, in tests/conftest.py, tests/faults/extent.py and tests/fuzz."""

_SECONDS = "seconds, more than 0 and at most 86400 (a day)"


def _commas(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _in_project(path: Path) -> Path:
    try:
        return (PROJECT / path.expanduser()).resolve()
    except (OSError, RuntimeError) as error:  # name too long; unknown user; circular links
        raise ValueError("no path") from error


def _file(path: Path) -> Path:
    with suppress(OSError):  # name too long
        if path.is_file():
            return path
    raise ValueError("no such file")


def _api_key(value: object) -> object:
    return model_settings.api_key(value) if isinstance(value, str) else value


def _bearer_token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]{16,}", token.get_secret_value()):
        raise ValueError("no token")
    return token


def _each(check: Callable[[str], str]) -> AfterValidator:
    def all_of(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(check(value) for value in values)

    return AfterValidator(all_of)


class Environment(BaseSettings):
    """All settings of docs/protocol.md ("Settings"), with defaults and bounds.

    A field's description completes the error message "it must be …".
    """

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        case_sensitive=True,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    SECRET_KEY: SecretStr | None = Field(None, description="a long random text")
    DEBUG: bool = Field(False, description="on or off")
    ALLOWED_HOSTS: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_commas), _each(url_validators.allowed_host)
    ] = Field(
        ("localhost", "127.0.0.1", "[::1]"),
        description="host names without scheme or port, separated by commas",
    )
    CSRF_TRUSTED_ORIGINS: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_commas), _each(url_validators.origin)
    ] = Field((), description="origins such as https://chat.example.org, separated by commas")
    HOST: Annotated[str, AfterValidator(url_validators.listening_host)] = Field(
        "127.0.0.1", description="an IP address or a host name"
    )
    PORT: int = Field(8000, ge=0, le=65535, description="a whole number from 0 (any free port) to 65535")

    REDIS_URL: Annotated[str, AfterValidator(url_validators.store_url)] | None = Field(
        None,
        description="an address such as redis://host:6379/0, rediss://…, valkey://… or unix:///path",
    )
    DATABASE_URL: Annotated[str, AfterValidator(url_validators.database_url)] | None = Field(
        None, description="sqlite:///path or postgresql://user:password@host/name"
    )

    LLM_BASE_URL: Annotated[str, AfterValidator(url_validators.endpoint_url)] | None = Field(
        None, repr=False, description="an address such as http://127.0.0.1:11434/v1"
    )
    # Servers with one model accept any name; others respond that the model does not exist.
    LLM_MODEL: Annotated[str, AfterValidator(model_settings.model_name)] = Field(
        "default", description="the name of a model, at most 200 printable characters"
    )
    LLM_API_KEY: Annotated[SecretStr | None, BeforeValidator(_api_key)] = Field(None, description=model_settings.A_KEY)
    # A small model on a CPU may generate one token per second.
    LLM_TIMEOUT: float = Field(3600, gt=0, le=86_400, allow_inf_nan=False, description=_SECONDS)
    LLM_FIRST_BYTE_TIMEOUT: float = Field(300, gt=0, le=86_400, allow_inf_nan=False, description=_SECONDS)
    LLM_SILENCE_TIMEOUT: float = Field(60, gt=0, le=86_400, allow_inf_nan=False, description=_SECONDS)
    LLM_EXTRA_HEADERS: Annotated[dict[str, str], NoDecode, BeforeValidator(model_settings.extra_headers)] = Field(
        {}, repr=False, description='a JSON object of names and texts such as {"api-key": "…"}'
    )
    LLM_EXTRA_BODY: Annotated[dict[str, Any], NoDecode, BeforeValidator(model_settings.extra_body)] = Field(
        {}, description='a JSON object such as {"top_p": 0.9, "temperature": null}'
    )
    LLM_PROXY: Annotated[str, AfterValidator(url_validators.proxy_url)] | None = Field(
        None, repr=False, description="an address such as http://proxy.example.org:3128, perhaps with user:password@"
    )
    LLM_CA_FILE: (
        Annotated[Path, AfterValidator(_in_project), AfterValidator(_file), AfterValidator(model_settings.certificates)]
        | None
    ) = Field(None, description="the path of a file of certificates (PEM) that exists")

    NONO_SESSION_TTL: int = Field(3600, ge=1, le=31_536_000, description="whole seconds from 1 to 31536000 (a year)")
    NONO_SESSION_MAX_AGE: int = Field(
        86_400, ge=1, le=31_536_000, description="whole seconds from 1 to 31536000 (a year)"
    )
    NONO_HISTORY_LIMIT: int = Field(1000, ge=2, le=100_000, description="a whole number of messages from 2 to 100000")
    NONO_CONTEXT_MESSAGES: int = Field(20, ge=1, le=1000, description="a whole number of messages from 1 to 1000")
    NONO_CONTEXT_CHARS: int = Field(
        12_000, ge=100, le=10_000_000, description="a whole number of characters from 100 to 10000000"
    )
    NONO_PERSONAS: Annotated[Path, AfterValidator(_in_project), AfterValidator(_file)] | None = Field(
        None, description="the path of a personas file that exists"
    )
    NONO_DATA_DIR: Annotated[Path, AfterValidator(_in_project)] = Field(
        PROJECT / "var", description="the path of a folder"
    )
    NONO_RATE_LIMITS: bool = Field(True, description="on or off")
    NONO_SOCKETS_PER_ADDRESS: int = Field(
        100, ge=2, le=100_000, description="a whole number of sockets from 2 to 100000"
    )
    NONO_ACCESS: Literal["shared", "private"] = Field("private", description="shared or private")
    NONO_HELPLINE_COUNTRY: str | None = Field(
        None, pattern=r"^[A-Z]{2}$", description="a country's two capital letters (ISO 3166), such as GB"
    )
    NONO_HSTS: Literal["off", "host", "domain"] = Field("host", description="off, host or domain")
    NONO_LOG_FORMAT: Literal["json", "text"] | None = Field(None, description="json or text")
    NONO_SENTRY_DSN: Annotated[str, AfterValidator(url_validators.sentry_dsn)] | None = Field(
        None, description="a DSN such as https://key@sentry.example.org/1"
    )
    NONO_TRUSTED_PROXIES: int = Field(0, ge=0, le=16, description="a whole number from 0 to 16")
    NONO_SHOW_REASONING: bool = Field(False, description="on or off")
    NONO_METRICS: bool = Field(True, description="on or off")
    NONO_METRICS_TOKEN: Annotated[SecretStr, AfterValidator(_bearer_token)] | None = Field(
        None, description="at least 16 ASCII characters, none of them a space"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.DATABASE_URL and self.DATABASE_URL.startswith("postgres") and not find_spec("psycopg"):
            raise ValueError(
                "DATABASE_URL names PostgreSQL, which takes one package more: pip install 'psycopg[binary]'."
            )
        if self.NONO_SENTRY_DSN and not find_spec("sentry_sdk"):
            raise ValueError("NONO_SENTRY_DSN is set, which takes one package more: pip install 'sentry-sdk~=2.0'.")
        return self

    @model_validator(mode="after")
    def _waits_within_the_whole(self) -> Self:
        parts = sorted(self.model_fields_set & {"LLM_FIRST_BYTE_TIMEOUT", "LLM_SILENCE_TIMEOUT"})
        longer = [name for name in parts if getattr(self, name) > self.LLM_TIMEOUT]
        if longer:
            raise ValueError(
                "\n  ".join(
                    f"{name} is {getattr(self, name):g}: it must be at most LLM_TIMEOUT, which is {self.LLM_TIMEOUT:g}."
                    for name in longer
                )
            )
        return self

    @property
    def behind_https(self) -> bool:
        """Whether browsers reach this installation over https only."""
        return bool(self.CSRF_TRUSTED_ORIGINS) and all(
            origin.startswith("https://") for origin in self.CSRF_TRUSTED_ORIGINS
        )

    @property
    def is_at_home(self) -> bool:
        """Whether only this machine can connect and NONO_ACCESS is not set."""
        return "NONO_ACCESS" not in self.model_fields_set and url_validators.is_loopback(self.HOST)


def read(**overrides: Any) -> Environment:
    """Reads all settings; ``overrides`` take precedence over the environment.

    Raises ConfigurationError with one line per wrong variable: its name, its value and what is allowed.
    """
    try:
        return Environment(**overrides)
    except ValidationError as wrong:
        lines = "\n".join(f"  {_refusal(error)}" for error in wrong.errors())
        raise ConfigurationError(f"Nono cannot start with these settings:\n{lines}") from None


def variable(name: str) -> str | None:
    """Returns a variable from the environment, else from ``.env``; None if unset or empty."""
    return os.environ.get(name) or _env_file().get(name) or None


def strays() -> Iterator[str]:
    """Yields a sentence for each unknown NONO_ or LLM_ variable, with the nearest known name.

    Ignores ``NONO_SERVICE_…`` and ``NONO_PORT…``, which Kubernetes sets for a service called nono, and the variables
    that a personas file names as keys of endpoints.
    """
    known = Environment.model_fields
    path = variable("NONO_PERSONAS")
    keys = model_settings.key_variables(_in_project(Path(path))) if path else frozenset()
    written = os.environ.keys() | _env_file().keys()
    for name in sorted(written - known.keys() - NO_SETTINGS - keys):
        if not name.startswith(("NONO_", "LLM_")) or re.match(r"NONO_(SERVICE_|PORT$|PORT_)", name):
            continue
        nearest = difflib.get_close_matches(name, known, n=1)
        yield f"{name} is not a setting of Nono." + (f" Did you mean {nearest[0]}?" if nearest else "")


def _env_file() -> dict[str, str | None]:
    return dotenv_values(ENV_FILE, encoding="utf-8") if ENV_FILE.is_file() else {}


def _refusal(error: ErrorDetails) -> str:
    if not error["loc"]:
        return error["msg"].removeprefix("Value error, ")
    name = str(error["loc"][0])
    written = error["input"] if isinstance(error["input"], str) else variable(name) or error["input"]
    reason = error.get("ctx", {}).get("error")
    return setting_errors.sentence(name, written, Environment.model_fields[name].description or "", reason)
