"""Django system checks for the helplines."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error, register

from chat_app.safety import helplines
from nono.errors import ConfigurationError


@register()
def known_country(**_: Any) -> list[CheckMessage]:
    """Reports an error that lists the known countries if NONO_HELPLINE_COUNTRY is not one of them."""
    try:
        helplines.here()
    except ConfigurationError as error:
        return [Error(error.detail, id="nono.E004")]
    return []


@register()
def verified_helplines(**_: Any) -> list[CheckMessage]:
    """Warns of helplines that were not compared with their sources for too long."""
    return [
        checks.Warning(
            f"The helpline {line.name} ({line.country}) was last compared with its source on {line.last_verified}, "
            f"more than {helplines.GOOD_FOR.days} days ago.",
            hint=f"Open {line.source}, correct chat_app/safety/helplines.toml where it differs, and set the day.",
            id="nono.W005",
        )
        for line in helplines.outdated()
    ]
