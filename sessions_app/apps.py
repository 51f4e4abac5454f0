"""Django app of the sessions: registers the start-up check and the admin pages."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    """Registers sessions_app/checks.py."""

    name = "sessions_app"
    verbose_name = "Nono"

    def ready(self) -> None:
        """Registers the check."""
        from sessions_app import checks  # noqa: F401  importing it registers it
