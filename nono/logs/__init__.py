"""The log: one event a line, with the request or the reply that it belongs to, and nobody's words or secrets.

Events are written with the standard library's loggers: a fixed sentence, and facts in ``extra`` under the names of
``FACTS``. Whatever else somebody hands to a logger, other people's libraries included, does not get out.
"""

from nono.logs.context import belongs_to, harmless_id, new_id
from nono.logs.formatter import FACTS, configuration
from nono.logs.redaction import mark_of

__all__ = ["FACTS", "belongs_to", "configuration", "harmless_id", "mark_of", "new_id"]
