"""Logging: one event per line, with the request or reply it belongs to, without user texts or secrets.

Events use the standard library's loggers: a fixed sentence, and facts in ``extra`` under the names of ``FACTS``.
The formatter drops everything else passed to a logger, also by third-party libraries.
"""

from nono.logs.context import belongs_to, harmless_id, new_id
from nono.logs.formatter import FACTS, configuration
from nono.logs.redaction import mark_of

__all__ = ["FACTS", "belongs_to", "configuration", "harmless_id", "mark_of", "new_id"]
