"""Every operation on the store, as values for nono/store.py to run.

What each key holds is in docs/storage.md; what each script does, in the head of its file in nono/lua/.
Operations answer in plain rows; the domain gives them their shapes.
"""

from nono.operations.keys import (
    LEASE_MS,
    LIMIT_MS,
    PARTS,
    SESSION,
    SESSION_INDEX,
    SESSION_RECENCY,
    UNDO_MS,
    history_key,
    lease_key,
    own_clock_of,
    owner_key,
    reply_key,
    sends_key,
    session_key,
    session_keys,
    undo_keys,
)
from nono.operations.listing import members, page
from nono.operations.messages import Appended, Found, Standing, append, glance, read
from nono.operations.replies import Begun, begin, regenerate, say, stop, stops, yield_lease
from nono.operations.rows import Row
from nono.operations.server import configuration, information, ping, probe, take
from nono.operations.sessions import clear, cleared, create, empty, fields_of, undo, update
from nono.operations.tending import eternal, mend, orphans, scan, scan_index, size, stale

__all__ = [
    "LEASE_MS",
    "LIMIT_MS",
    "PARTS",
    "SESSION",
    "SESSION_INDEX",
    "SESSION_RECENCY",
    "UNDO_MS",
    "Appended",
    "Begun",
    "Found",
    "Row",
    "Standing",
    "append",
    "begin",
    "clear",
    "cleared",
    "configuration",
    "create",
    "empty",
    "eternal",
    "fields_of",
    "glance",
    "history_key",
    "information",
    "lease_key",
    "members",
    "mend",
    "orphans",
    "own_clock_of",
    "owner_key",
    "page",
    "ping",
    "probe",
    "read",
    "regenerate",
    "reply_key",
    "say",
    "scan",
    "scan_index",
    "sends_key",
    "session_key",
    "session_keys",
    "size",
    "stale",
    "stop",
    "stops",
    "take",
    "undo",
    "undo_keys",
    "update",
    "yield_lease",
]
