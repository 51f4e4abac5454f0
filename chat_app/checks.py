"""What of the help for people in danger must be right before Nono starts."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error, register

from chat_app.safety import helplines
from nono.errors import ConfigurationError


@register()
def known_country(**_: Any) -> list[CheckMessage]:
    """Refuses to start with a country whose helplines are not known, and says which are."""
    try:
        helplines.here()
    except ConfigurationError as error:
        return [Error(error.detail, id="nono.E004")]
    return []


@register()
def verified_helplines(**_: Any) -> list[CheckMessage]:
    """Warns of helplines that nobody has compared with their sources for long."""
    return [
        checks.Warning(
            f"The helpline {line.name} ({line.country}) was last compared with its source on {line.last_verified}, "
            f"more than {helplines.GOOD_FOR.days} days ago.",
            hint=f"Open {line.source}, correct chat_app/safety/helplines.toml where it differs, and set the day.",
            id="nono.W005",
        )
        for line in helplines.outdated()
    ]
