"""What was said in one chat, meant by its ``session_id``, for somebody who is not in it."""

from chat_app.memory import ChatMemoryManager, History
from nono.errors import InvalidUserId, SessionNotFound
from sessions_app.bulk import ended
from sessions_app.names import user_of_session_id

memory = ChatMemoryManager()


def read_transcript(session_id: str) -> History:
    """Returns the messages that are kept of a chat, oldest first.

    Raises ``SessionNotFound`` where it ended, also where its name has a new life.
    """
    try:
        history = memory.get_messages(user_of_session_id(session_id))
    except (InvalidUserId, SessionNotFound):
        raise ended(session_id) from None
    if history.session.session_id != session_id:
        raise ended(session_id)
    return history
