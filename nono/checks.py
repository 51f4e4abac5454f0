"""System checks: warnings of ``manage.py check`` (and every start), and errors of ``check --deploy``."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from nono import environment, url_validators


@register(Tags.compatibility)
def unknown_variables(**_: Any) -> list[CheckMessage]:
    """Warns of unknown variables whose names start like settings of Nono."""
    return [checks.Warning(sentence, id="nono.W001") for sentence in environment.strays()]


@register(Tags.security)
def shared_beyond_this_machine(**_: Any) -> list[CheckMessage]:
    """Warns if everybody who can reach this address may read every chat."""
    if settings.NONO_ACCESS != "shared" or url_validators.is_loopback(settings.HOST):
        return []
    return [
        checks.Warning(
            f"NONO_ACCESS is shared and HOST is {settings.HOST}: everyone who can open this address can see "
            "and open every chat.",
            hint="Set NONO_ACCESS=private, or HOST=127.0.0.1.",
            id="nono.W002",
        )
    ]


@register(Tags.security)
def unreachable_by_name(**_: Any) -> list[CheckMessage]:
    """Warns if other machines can connect, but ALLOWED_HOSTS refuses every name they could use."""
    if url_validators.is_loopback(settings.HOST):
        return []
    if any(not url_validators.is_loopback(host.strip("[]")) for host in settings.ALLOWED_HOSTS):
        return []
    return [
        checks.Warning(
            f"HOST is {settings.HOST}, but ALLOWED_HOSTS has only names of this machine: others are refused.",
            hint="Add the name or address that people will type to ALLOWED_HOSTS.",
            id="nono.W003",
        )
    ]


@register(Tags.security, deploy=True)
def shared_in_production(**_: Any) -> list[CheckMessage]:
    """Refuses an installation whose visitors see each other's chats."""
    if settings.NONO_ACCESS != "shared":
        return []
    return [Error("NONO_ACCESS is shared: every visitor can read every chat.", id="nono.E001")]


@register(Tags.security, deploy=True)
def https_without_proxy(**_: Any) -> list[CheckMessage]:
    """Refuses https origins without a trusted proxy that terminates TLS: Nono itself serves plain http."""
    if not settings.SESSION_COOKIE_SECURE or settings.NONO_TRUSTED_PROXIES:
        return []
    return [
        Error(
            "CSRF_TRUSTED_ORIGINS says https, but NONO_TRUSTED_PROXIES is 0: no proxy is believed that ends it.",
            hint="Set NONO_TRUSTED_PROXIES to the number of proxies in front, and let them set X-Forwarded-Proto.",
            id="nono.E005",
        )
    ]


@register(Tags.security, deploy=True)
def any_host(**_: Any) -> list[CheckMessage]:
    """Warns if ALLOWED_HOSTS accepts every name, so that any domain can point at this installation."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        checks.Warning(
            "ALLOWED_HOSTS takes every name (*).",
            hint="Name the hosts that people type.",
            id="nono.W004",
        )
    ]


@register(Tags.security, deploy=True)
def key_made_by_nono(**_: Any) -> list[CheckMessage]:
    """Refuses a secret key that Nono generated in the data folder."""
    if not settings.SECRET_KEY_WAS_MADE:
        return []
    return [
        Error(
            f"SECRET_KEY is not set: Nono made one and keeps it in {settings.NONO_DATA_DIR}.",
            hint="Set SECRET_KEY to a long random text of your own.",
            id="nono.E002",
        )
    ]
