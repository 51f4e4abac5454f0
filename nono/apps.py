"""Nono as a Django app, for its start-up checks."""

from django.apps import AppConfig


class NonoConfig(AppConfig):
    """Registers nono/checks.py."""

    name = "nono"

    def ready(self) -> None:
        """Registers the checks."""
        from nono import checks  # noqa: F401  importing it registers them
