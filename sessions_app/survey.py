"""A page of everybody's sessions that no index has ready: narrowed, or in another order than the list's own."""

from typing import Final

from nono import store
from nono.store import operations
from nono.store.operations import Row
from sessions_app.listing import ListQuery, RowPage, SessionPage

PIECE: Final = 5000
"""Sessions in one round trip, so that the store has time for others between two."""


def survey(query: ListQuery) -> SessionPage:
    """Reads of every session what the query needs, and of those on the page everything.

    What moves in the list while it is read may be seen twice, which is noticed, or not at all, which the next reading
    mends.
    """
    count, _ = store.run(operations.page(None, 1, ["session_id"]))  # which forgets the dead
    found: dict[str, Row] = {}
    for first in range(0, count, PIECE):
        rows = store.run(operations.members(operations.SESSION_RECENCY, query.needs, first=first, count=PIECE))
        found.update((row["member"], row) for row in rows)
    page = query.choose(found.values())
    whole = store.run_all([operations.fields_of(row["member"]) for row in page.rows])
    living = tuple({**row, "member": one["member"]} for one, row in zip(page.rows, whole, strict=True) if row)
    return RowPage(living, page.count, page.next).read()
