"""Entries in the admin's log for what operators do to chats outside the admin."""

from django.contrib.admin.models import CHANGE, DELETION, LogEntry

from sessions_app.access import Visitor, observes
from sessions_app.models import ChatSession
from sessions_app.session import Session


def note(visitor: Visitor, session: Session, deed: str, *, ended: bool = False) -> bool:
    """Logs an operator's action on another visitor's chat; returns False if ``visitor`` does not act as an operator.

    ``deed`` is a sentence and never holds text of the chat; ``ended`` is True if the action ended the chat.
    """
    if not observes(visitor, session):
        return False
    flag = DELETION if ended else CHANGE
    LogEntry.objects.log_actions(int(visitor.operator), [ChatSession.of(session)], flag, deed, single_object=True)
    return True
