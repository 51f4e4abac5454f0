"""Django app configuration of the chat: registers system checks and the model facts of the admin's first page."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Registers chat_app/checks.py and chat_app/admin/voices.py."""

    name = "chat_app"

    def ready(self) -> None:
        """Registers the checks and the model facts."""
        from chat_app import checks  # noqa: F401  importing it registers them
        from chat_app.admin.voices import voices
        from sessions_app.admin.installation import add_facts

        add_facts(voices)
