"""Reads the messages of one chat by its ``session_id``, for operators."""

from chat_app.memory import ChatMemoryManager, History
from nono.errors import InvalidUserId, SessionNotFound
from sessions_app.bulk import ended
from sessions_app.names import user_of_session_id

memory = ChatMemoryManager()


def read_transcript(session_id: str) -> History:
    """Returns the stored messages of a chat, oldest first.

    Raises ``SessionNotFound`` if it ended, also if a new session has its name.
    """
    try:
        history = memory.get_messages(user_of_session_id(session_id))
    except (InvalidUserId, SessionNotFound):
        raise ended(session_id) from None
    if history.session.session_id != session_id:
        raise ended(session_id)
    return history
