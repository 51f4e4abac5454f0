"""Pages over the sessions of all owners that no index serves: filtered, or in another order than last activity."""

from typing import Final

from nono import store
from nono.store import operations
from nono.store.operations import Row
from sessions_app.listing import ListQuery, RowPage, SessionPage

PIECE: Final = 5000
"""Sessions in one round trip; between two round trips the server serves other clients."""


def survey(query: ListQuery) -> SessionPage:
    """Reads the fields that the query needs of every session, and all fields of the sessions on the page.

    A session that moves in the index during the read may occur twice, which is corrected, or be missing until the next
    read.
    """
    count, _ = store.run(operations.page(None, 1, ["session_id"]))  # also removes expired sessions from the indexes
    found: dict[str, Row] = {}
    for first in range(0, count, PIECE):
        rows = store.run(operations.members(operations.SESSION_RECENCY, query.needs, first=first, count=PIECE))
        found.update((row["member"], row) for row in rows)
    page = query.choose(found.values())
    whole = store.run_all([operations.fields_of(row["member"]) for row in page.rows])
    living = tuple({**row, "member": one["member"]} for one, row in zip(page.rows, whole, strict=True) if row)
    return RowPage(living, page.count, page.next).read()
