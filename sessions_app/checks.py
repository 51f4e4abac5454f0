"""What of the sessions must be right before Nono starts."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from nono.errors import ConfigurationError
from sessions_app import personas


@register()
def readable_personas(**_: Any) -> list[CheckMessage]:
    """Refuses to start with a personas file that is broken, and says where."""
    try:
        personas.every()
    except ConfigurationError as error:
        return [Error(error.detail, id="nono.E003")]
    return []
