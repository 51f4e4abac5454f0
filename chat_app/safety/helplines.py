"""Helplines by country: helplines.toml, read and checked once per process."""

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from django.conf import settings
from django.utils.translation import get_language_info
from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from nono.errors import ConfigurationError
from sessions_app.offline_rules import CHECKED

SHIPPED: Final = Path(__file__).with_name("helplines.toml")
DIRECTORY: Final = "https://findahelpline.com"
"""Directory of helplines of most countries; shown with the project's own list."""

GOOD_FOR: Final = timedelta(days=180)
"""Validity of a helpline's data after its verification against the source."""

ALWAYS: Final = "always"

Number = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ]*$")]
Address = Annotated[str, Field(pattern=r"^https://[^\s/]+(/\S*)?$")]


@dataclass(frozen=True, config=CHECKED)
class Helpline:
    """One service; helplines.toml describes its fields."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    name: Annotated[str, Field(min_length=1)]
    hours: Annotated[str, Field(min_length=1)]
    languages: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...], Field(min_length=1)]
    source: Address
    last_verified: date
    call: Number | None = None
    text: Number | None = None
    say: str | None = None
    chat: Address | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> "Helpline":
        if not (self.call or self.text or self.chat):
            raise ValueError("a helpline needs call, text or chat")
        return self

    @property
    def call_link(self) -> str:
        """Returns the ``tel:`` URI of the number (RFC 3966), ``""`` without one."""
        return f"tel:{_digits(self.call)}" if self.call else ""

    @property
    def text_link(self) -> str:
        """Returns the ``sms:`` URI of the number (RFC 5724), ``""`` without one."""
        return f"sms:{_digits(self.text)}" if self.text else ""

    @property
    def chat_host(self) -> str:
        """Returns the host name of the chat's site, for display."""
        return re.sub(r"^https://(www\.)?([^/]+).*", r"\2", self.chat or "")

    @property
    def language_names(self) -> list[str]:
        """Returns the names of its languages, each in that language."""
        return [get_language_info(code)["name_local"] for code in self.languages]

    @property
    def is_always_open(self) -> bool:
        """Returns whether all of its channels are open day and night."""
        return self.hours == ALWAYS


@dataclass(frozen=True, config=CHECKED)
class Country:
    """A country with its emergency numbers and its helplines."""

    code: str
    name: Annotated[str, Field(min_length=1)]
    emergency: Annotated[tuple[Annotated[str, Field(pattern=r"^[0-9]+$")], ...], Field(min_length=1)]
    helplines: Annotated[tuple[Helpline, ...], Field(min_length=1)]


def here() -> Country | None:
    """Returns the country of NONO_HELPLINE_COUNTRY, None if it is not set.

    Raises ConfigurationError, which names the known countries, for a country without helplines.
    """
    code: str | None = settings.NONO_HELPLINE_COUNTRY
    if code is None:
        return None
    known = load(SHIPPED)
    if code not in known:
        raise ConfigurationError(
            f"NONO_HELPLINE_COUNTRY is {code!r}: no helplines are known for it. Known are {', '.join(sorted(known))}; "
            "without the setting, people are led to the directory findahelpline.com."
        )
    return known[code]


def everywhere() -> tuple[Country, ...]:
    """Returns all countries, sorted by name."""
    return tuple(sorted(load(SHIPPED).values(), key=lambda country: country.name))


def verified() -> date:
    """Returns the oldest verification date of all helplines."""
    return min(line.last_verified for country in everywhere() for line in country.helplines)


def outdated(today: date | None = None) -> tuple[Helpline, ...]:
    """Returns the helplines whose last verification is more than ``GOOD_FOR`` ago."""
    oldest = (today or datetime.now(UTC).date()) - GOOD_FOR
    return tuple(line for country in everywhere() for line in country.helplines if line.last_verified < oldest)


@cache
def load(path: Path) -> Mapping[str, Country]:
    """Reads and validates a file of helplines; raises ConfigurationError, which names the field and the value."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        lines = TypeAdapter(tuple[Helpline, ...]).validate_python(tables.get("helplines", ()))
        countries = {
            code: {**table, "code": code, "helplines": tuple(line for line in lines if line.country == code)}
            for code, table in tables.get("countries", {}).items()
        }
        known = TypeAdapter(dict[str, Country]).validate_python(countries)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"The file of helplines {path} cannot be read: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"{path}, {place}: {first['input']!r}: {first['msg']}.") from error
    if strangers := {line.country for line in lines} - known.keys():
        raise ConfigurationError(f"{path}: helplines of a country that it does not name: {', '.join(strangers)}.")
    return known


def _digits(number: str | None) -> str:
    return re.sub(r"[^0-9+]", "", number or "")
