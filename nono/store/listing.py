"""Operations that list many sessions."""

from collections.abc import Sequence

from nono.store import Operation, command, script
from nono.store.decode import Row, text_of
from nono.store.keys import COUNTERS, SESSION_INDEX, SESSION_RECENCY, owner_key


def page(
    after: tuple[int, str] | None,
    limit: int,
    fields: Sequence[str],
    *,
    newest: int | str = "+inf",
    oldest: int | str = "-inf",
) -> Operation[tuple[int, list[Row]]]:
    """Reads one page of all sessions, most recently active first, and their exact count.

    ``newest`` (inclusive) and ``oldest`` (exclusive), unix ms, limit the time of the last activity at no extra cost.
    ``after`` is the last activity and name of the session before the page.
    """
    keys = (SESSION_INDEX, SESSION_RECENCY, COUNTERS)
    arguments = (*(after or ("", "")), limit, newest, oldest, *map(_pattern, fields))
    return script("session_list", keys, arguments, lambda answer: (answer[0], _table(answer[1], fields)))


def members(index: str, fields: Sequence[str], *, first: int = 0, count: int | None = None) -> Operation[list[Row]]:
    """Reads fields of all sessions in an index, or of ``count`` from ``first`` on; ``""`` where a session is expired.

    SORT ... GET fetches 10,000 sessions four times as fast as pipelined HMGETs.
    """
    gets = [word for field in fields for word in ("GET", _pattern(field))]
    piece = () if count is None else ("LIMIT", first, count)
    words = ("SORT", index, "BY", "nosort", "DESC", *piece, "GET", "#", *gets)
    return command(*words, read=lambda flat: _table(flat, fields))


def digests(owners: Sequence[str], fields: Sequence[str]) -> Operation[list[str]]:
    """Reads one digest per owner of the given fields of their sessions; an equal digest means an unchanged list."""
    return script(
        "session_digests", [*map(owner_key, owners)], [*map(_pattern, fields)], lambda answer: [*map(text_of, answer)]
    )


def _pattern(field: str) -> str:
    return f"session:*->{field}"


def _table(flat: Sequence[bytes | None], fields: Sequence[str]) -> list[Row]:
    names, width = ("member", *fields), len(fields) + 1
    cells = [text_of(cell or b"") for cell in flat]
    return [dict(zip(names, cells[i : i + width], strict=True)) for i in range(0, len(cells), width)]
