"""What operators do to chats elsewhere than in the admin is written to the admin's log, too."""

from django.contrib.admin.models import CHANGE, DELETION, LogEntry

from sessions_app.access import Visitor, observes
from sessions_app.models import ChatSession
from sessions_app.session import Session


def note(visitor: Visitor, session: Session, deed: str, *, ended: bool = False) -> bool:
    """Writes to the log what an operator did to somebody's chat as a visitor does it, and returns whether one did.

    ``deed`` is a sentence and never holds text of the chat; ``ended`` says that the chat is gone by it.
    """
    if not observes(visitor, session):
        return False
    flag = DELETION if ended else CHANGE
    LogEntry.objects.log_actions(int(visitor.operator), [ChatSession.of(session)], flag, deed, single_object=True)
    return True
