"""The sessions as a Django app, for their start-up check."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    """Registers sessions_app/checks.py."""

    name = "sessions_app"

    def ready(self) -> None:
        """Registers the check."""
        from sessions_app import checks  # noqa: F401  importing it registers it
