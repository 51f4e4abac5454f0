"""What the admin adds to the pages of chats where text is read: each time with a permission, a reason and a trace."""

from chat_app.admin.transcripts import TranscriptAdmin

__all__ = ["TranscriptAdmin"]
