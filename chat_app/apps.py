"""The chat as a Django app, for its start-up checks."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Registers chat_app/checks.py."""

    name = "chat_app"

    def ready(self) -> None:
        """Registers the checks."""
        from chat_app import checks  # noqa: F401  importing it registers them
