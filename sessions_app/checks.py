"""System checks of the sessions at the start."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from nono.errors import ConfigurationError
from sessions_app import personas


@register()
def readable_personas(**_: Any) -> list[CheckMessage]:
    """Reports an error if the personas file is invalid, with its position."""
    try:
        personas.every()
    except ConfigurationError as error:
        return [Error(error.detail, id="nono.E003")]
    return []
