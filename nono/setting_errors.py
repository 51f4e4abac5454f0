"""The sentence that refuses a wrong setting: its name, its value where that is no secret, and what is allowed."""

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
"""What holds, or may hold, a secret: no message shows its value."""

MOST_SHOWN: Final = 200
"""Characters of a wrong value that a message shows."""


def sentence(name: str, value: object, allowed: str, reason: object = None) -> str:
    """Returns the refusal of a setting; ``reason`` is what its check raised and is told where it is advice."""
    advice = f"; {reason}" if isinstance(reason, url_validators.Advice) else ""
    return f"{name} is {_shown(name, value)}: it must be {allowed}{advice}."


def _shown(name: str, value: object) -> str:
    if name in SECRET:
        return url_validators.NOT_SHOWN
    text = url_validators.shown(str(value)) if name == "LLM_BASE_URL" else repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
