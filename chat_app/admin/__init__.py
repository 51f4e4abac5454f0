"""What the admin adds to the pages of chats where text is read: each time with a permission, a reason and a trace.

Django loads this when it looks for admin pages, so it names all of them: the chats, and the log.
"""

from chat_app.admin.transcripts import TranscriptAdmin
from sessions_app.admin.log import LogAdmin

__all__ = ["LogAdmin", "TranscriptAdmin"]
