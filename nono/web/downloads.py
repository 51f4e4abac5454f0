"""``Content-Disposition`` of downloads."""

import re
import unicodedata
from urllib.parse import quote


def attachment(filename: str) -> str:
    """Returns the ``Content-Disposition`` that makes a browser save a response as ``filename`` (RFC 6266, RFC 8187).

    Clients that read only ``filename=`` get the name in ASCII, with accents removed.
    """
    bare = "".join(one for one in unicodedata.normalize("NFKD", filename) if not unicodedata.combining(one))
    plain = re.sub(r'[^ -~]|["\\%]', "_", bare)
    extended = "" if plain == filename else f"; filename*=UTF-8''{quote(filename, safe='')}"
    return f'attachment; filename="{plain}"{extended}'
