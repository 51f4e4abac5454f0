"""Unmanaged model of a chat, for Django's permissions and admin log; it has no table."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.session import Session


class ChatSession(models.Model):
    """One chat, identified by its ``session_id``: a later chat of the same name is another one.

    The database holds no chats; they are in the store (sessions_app/manager.py).
    """

    session_id = models.CharField(primary_key=True, max_length=100)
    user_id = models.CharField(_("name"), max_length=64)

    class Meta:  # noqa: D106  Django's own word
        managed = False
        default_permissions = ("view", "delete")
        permissions = (("read_transcript", "Can read the transcript of a chat"),)
        verbose_name = _("chat")

    def __str__(self) -> str:
        """Returns the chat's name."""
        return self.user_id

    @classmethod
    def of(cls, session: Session) -> "ChatSession":
        """Returns the model of a session: its id and its name, as the log needs them."""
        return cls(session_id=session.session_id, user_id=session.user_id)
