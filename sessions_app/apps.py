"""The sessions as a Django app, for their start-up check and their pages in the admin."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    """Registers sessions_app/checks.py."""

    name = "sessions_app"
    verbose_name = "Nono"

    def ready(self) -> None:
        """Registers the check."""
        from sessions_app import checks  # noqa: F401  importing it registers it
