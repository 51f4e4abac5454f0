"""Nono as a Django app: its start-up checks, and who is told of failures."""

from django.apps import AppConfig


class NonoConfig(AppConfig):
    """Registers nono/checks.py and begins nono/logs/sentry.py where it is wanted."""

    name = "nono"

    def ready(self) -> None:
        """Registers the checks, and tells failures to the operator's Sentry, if there is one."""
        from django.conf import settings

        from nono import checks  # noqa: F401  importing them registers them
        from nono.logs import sentry

        if settings.NONO_SENTRY_DSN:
            sentry.begin(settings.NONO_SENTRY_DSN)
