"""Error message for a wrong setting: its name, its value unless it is secret, and what is allowed."""

from typing import Final

from nono import url_validators

SECRET: Final = frozenset(
    {
        "SECRET_KEY",
        "LLM_API_KEY",
        "LLM_EXTRA_HEADERS",
        "LLM_PROXY",
        "REDIS_URL",
        "DATABASE_URL",
        "NONO_METRICS_TOKEN",
        "NONO_SENTRY_DSN",
    }
)
"""Settings that are or may contain a secret; no message shows their values."""

MOST_SHOWN: Final = 200
"""Maximum characters of a wrong value in a message."""


def sentence(name: str, value: object, allowed: str, reason: object = None) -> str:
    """Returns the error message; ``reason`` is the exception of the validator, included if it is ``Advice``."""
    advice = f"; {reason}" if isinstance(reason, url_validators.Advice) else ""
    return f"{name} is {_shown(name, value)}: it must be {allowed}{advice}."


def _shown(name: str, value: object) -> str:
    if name in SECRET:
        return url_validators.NOT_SHOWN
    text = url_validators.shown(str(value)) if name == "LLM_BASE_URL" else repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
