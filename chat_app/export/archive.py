"""Export of several chats as one file."""

import io
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from chat_app.export.formats import Export, Format, export
from chat_app.memory import History
from nono.errors import TooLarge

MAX_BYTES: Final = 64 * 1024 * 1024
"""Limit for all chats together, because the archive is built in memory."""


def archive(histories: Iterable[History], format: Format, exported_at: datetime | None = None) -> Export:
    """Exports one chat as ``export`` does, and several as a ZIP archive of such files; ``exported_at`` is in UTC.

    Raises ``TooLarge`` if they exceed 64 MiB together. The histories are read one after the other.
    """
    at = exported_at or datetime.now(UTC)
    whole, size, files = io.BytesIO(), 0, 0
    last = Export("", "", b"")
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as package:
        for history in histories:
            last = export(history, format, at)
            size += len(last.content)
            files += 1
            if size > MAX_BYTES:
                raise TooLarge(f"These chats have more than {MAX_BYTES // 2**20} MiB together. Choose fewer of them.")
            package.writestr(_entry(last.filename, at), last.content)
    if files == 1:
        return last
    return Export(f"nono {files} chats {at:%Y-%m-%d %H.%M}.zip", "application/zip", whole.getvalue())


def _entry(filename: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(filename, at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
