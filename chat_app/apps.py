"""The chat as a Django app, for its start-up checks and what the admin's first page says of the models."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Registers chat_app/checks.py and chat_app/admin/voices.py."""

    name = "chat_app"

    def ready(self) -> None:
        """Registers the checks and the facts."""
        from chat_app import checks  # noqa: F401  importing it registers them
        from chat_app.admin.voices import voices
        from sessions_app.admin.installation import add_facts

        add_facts(voices)
