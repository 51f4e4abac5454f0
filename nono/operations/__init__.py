"""Every operation on the store, as values for nono/store.py to run.

What each key holds is in docs/storage.md; what each script does, in the head of its file in nono/lua/.
Operations answer in plain rows; the domain gives them their shapes.
"""

from nono.operations.counters import ALIVE_MS, Batch, Figures, charts, count, figures
from nono.operations.endpoints import last_reply, note_last_reply
from nono.operations.holdings import Held, held
from nono.operations.keys import (
    LEASE_MS,
    LIMIT_MS,
    PARTS,
    PLACE_MS,
    SESSION,
    SESSION_INDEX,
    SESSION_RECENCY,
    UNDO_MS,
    history_key,
    lease_key,
    limit_key,
    own_clock_of,
    owner_key,
    places_key,
    reply_key,
    sends_key,
    session_key,
    session_keys,
    tabs_key,
    undo_keys,
)
from nono.operations.listing import digests, members, page
from nono.operations.messages import Appended, Found, Standing, append, glance, read
from nono.operations.observers import Observed, observe
from nono.operations.replies import Begun, begin, continue_reply, regenerate, say, stop, stops, yield_lease
from nono.operations.rows import Row
from nono.operations.server import configuration, information, ping, probe, take
from nono.operations.sessions import clear, cleared, create, empty, fields_of, undo, update
from nono.operations.sockets import keep_places, leave_place, tabs_of, take_place
from nono.operations.tending import eternal, kept, mend, orphans, scan, scan_index, size, stale, trim

__all__ = [
    "ALIVE_MS",
    "LEASE_MS",
    "LIMIT_MS",
    "PARTS",
    "PLACE_MS",
    "SESSION",
    "SESSION_INDEX",
    "SESSION_RECENCY",
    "UNDO_MS",
    "Appended",
    "Batch",
    "Begun",
    "Figures",
    "Found",
    "Held",
    "Observed",
    "Row",
    "Standing",
    "append",
    "begin",
    "charts",
    "clear",
    "cleared",
    "configuration",
    "continue_reply",
    "count",
    "create",
    "digests",
    "empty",
    "eternal",
    "fields_of",
    "figures",
    "glance",
    "held",
    "history_key",
    "information",
    "keep_places",
    "kept",
    "last_reply",
    "lease_key",
    "leave_place",
    "limit_key",
    "members",
    "mend",
    "note_last_reply",
    "observe",
    "orphans",
    "own_clock_of",
    "owner_key",
    "page",
    "ping",
    "places_key",
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
    "tabs_key",
    "tabs_of",
    "take",
    "take_place",
    "trim",
    "undo",
    "undo_keys",
    "update",
    "yield_lease",
]
