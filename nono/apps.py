"""Django app configuration: system checks and error reporting."""

from django.apps import AppConfig


class NonoConfig(AppConfig):
    """Registers nono/checks.py and, if configured, starts nono/logs/sentry.py."""

    name = "nono"

    def ready(self) -> None:
        """Registers the checks, and starts Sentry if NONO_SENTRY_DSN is set."""
        from django.conf import settings

        from nono import checks  # noqa: F401  the import registers them
        from nono.logs import sentry

        if settings.NONO_SENTRY_DSN:
            sentry.begin(settings.NONO_SENTRY_DSN)
