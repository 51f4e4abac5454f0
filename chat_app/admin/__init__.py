"""Admin pages that show the text of chats; each access needs a permission and a reason and is logged.

Django's autodiscovery imports this package, so it imports all admin pages: the chats, and the log.
"""

from chat_app.admin.transcripts import TranscriptAdmin
from sessions_app.admin.log import LogAdmin

__all__ = ["LogAdmin", "TranscriptAdmin"]
