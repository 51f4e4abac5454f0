"""The names of all keys, and every operation on them, as values for nono/store.py to run.

What each key holds is in docs/storage.md; what each script does, in the head of its file in nono/lua/.
Operations answer in plain rows; the domain gives them their shapes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings

from nono.store import Argument, Operation, command, script

SESSION_INDEX = "session_index"
SESSION_RECENCY = "session_recency"
LEASE_MS = 10_000
UNDO_MS = 10_000
LIMIT_MS = 3_600_000
"""No limit of nono/ratelimit.py looks further back."""

SESSION = "session"
PARTS = ("chat_history", "chat_sends", "chat_reply")
"""The kinds of keys that a session has beside its hash and that die with it."""

Row = Mapping[str, str]


def session_key(user_id: str) -> str:
    """Returns the key of the session's hash."""
    return f"session:{user_id}"


def history_key(user_id: str) -> str:
    """Returns the key of the list of messages."""
    return f"chat_history:{user_id}"


def sends_key(user_id: str) -> str:
    """Returns the key of what was already accepted, by client_id."""
    return f"chat_sends:{user_id}"


def reply_key(user_id: str) -> str:
    """Returns the key of the running reply's stream."""
    return f"chat_reply:{user_id}"


def lease_key(user_id: str) -> str:
    """Returns the key that says who runs the reply."""
    return f"chat_lease:{user_id}"


def owner_key(owner: str) -> str:
    """Returns the key of the index of one visitor's sessions."""
    return f"owner_index:{owner}"


def undo_keys(user_id: str) -> tuple[str, str, str]:
    """Returns the keys of the copy that a clear leaves for its undo."""
    session, history, sends, *_ = session_keys(user_id)
    return f"undo:{session}", f"undo:{history}", f"undo:{sends}"


def session_keys(user_id: str) -> tuple[str, str, str, str, str]:
    """Returns all keys of a living session, in the order in which the scripts take them."""
    return (
        session_key(user_id),
        history_key(user_id),
        sends_key(user_id),
        reply_key(user_id),
        lease_key(user_id),
    )


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of an append; the rest only where the message is in the store.

    ``message`` is its JSON, ``more`` tells that a user message waits for a reply, ``expires_at_ms`` is the
    session's new clock (0 for a duplicate).
    """

    outcome: Literal["stored", "duplicate", "gone", "stale", "lost"]
    seq: int = 0
    message: bytes = b""
    more: bool = False
    expires_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A session as it stands: its hash, some messages (JSON), the running reply's start and its text so far."""

    session: Row
    messages: tuple[bytes, ...]
    reply: Row
    text: str
    leased: bool

    @property
    def waiting(self) -> bool:
        """Tells whether a user message has no reply yet."""
        return int(self.session.get("asked", 0)) > int(self.session.get("answered", 0))


@dataclass(frozen=True, slots=True)
class Begun:
    """What became of the wish to reply; the rest only where it was granted."""

    outcome: Literal["begun", "busy", "idle", "gone", "stale"]
    asked: int = 0
    attempts: int = 0
    session: Row | None = None
    messages: tuple[bytes, ...] = ()
    text: str = ""
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a session stands: enough to see whether an open chat missed something."""

    epoch: str
    seq: int
    expires_at: int
    waiting: bool
    lease_ms: int
    revision: int


def create(user_id: str, owner: str, epoch: str, fields: Row) -> Operation[tuple[str, Row]]:
    """Begins a session; answers ``("created" | "exists", hash)``."""
    flat = [word for pair in fields.items() for word in pair]
    return script(
        "create",
        (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY, owner_key(owner)),
        (user_id, epoch, *_clock(), *flat),
        _outcome_and_row,
    )


def append(
    user_id: str,
    epoch: str,
    client_id: str,
    *,
    role: str,
    message: str,
    last_activity: str,
    in_reply_to: int = 0,
    lease: str = "",
) -> Operation[Appended]:
    """Stores one message, all or nothing."""
    return script(
        "append",
        (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY),
        (
            *(user_id, epoch, client_id, role, message, last_activity),
            *(settings.NONO_HISTORY_LIMIT, *_clock(), in_reply_to, lease, LEASE_MS),
        ),
        _appended,
    )


def read(user_id: str, *, after: int | None = None, limit: int = 0) -> Operation[Found | None]:
    """Reads a session and some of its messages; answers None if there is none."""
    return script(
        "read",
        (session_key(user_id), history_key(user_id), reply_key(user_id), lease_key(user_id)),
        ("" if after is None else after, limit),
        lambda a: Found(_row(a[0]), tuple(a[1]), _row(a[2]), _text(a[3]), bool(a[4])) if a else None,
    )


def begin(user_id: str, epoch: str, lease: str, limit: int, reply_id: str) -> Operation[Begun]:
    """Takes the right to answer what is unanswered."""

    def begun(answer: list[Any]) -> Begun:
        if len(answer) == 1:
            return Begun(_text(answer[0]))  # type: ignore[arg-type]
        _, asked, attempts, session, messages, text, stopped = answer
        return Begun("begun", asked, attempts, _row(session), tuple(messages), _text(text), bool(stopped))

    keys = (session_key(user_id), history_key(user_id), reply_key(user_id), lease_key(user_id))
    return script("begin", keys, (epoch, lease, LEASE_MS, limit, reply_id), begun)


def say(user_id: str, lease: str, entry: Row) -> Operation[bool]:
    """Writes to a running reply's stream and renews its lease; answers False if the run has to end."""
    flat = [word for pair in entry.items() for word in pair]
    keys = (session_key(user_id), reply_key(user_id), lease_key(user_id))
    return script("say", keys, (lease, LEASE_MS, *flat), bool)


def yield_lease(user_id: str, lease: str) -> Operation[bool]:
    """Hands the right to reply back without a reply."""
    return script("yield", (lease_key(user_id),), (lease,), bool)


def stop(user_id: str, epoch: str) -> Operation[bool]:
    """Asks whoever runs the reply to end it; answers False if nothing runs."""
    return script("stop", (session_key(user_id), lease_key(user_id)), (epoch,), bool)


def stops(user_ids: Sequence[str]) -> Operation[list[str]]:
    """Tells for many sessions which reply somebody wants to end; ``""`` for none."""
    return script("stops", [*map(session_key, user_ids)], (), lambda answer: [_text(one) for one in answer])


def regenerate(user_id: str, epoch: str) -> Operation[Literal["replaced", "none", "busy", "gone", "stale"]]:
    """Takes the last reply away, so that what it answered is unanswered again."""
    keys = (session_key(user_id), history_key(user_id), sends_key(user_id), lease_key(user_id))
    return script("regenerate", keys, (epoch,), _text)  # type: ignore[arg-type]


def glance(user_ids: Sequence[str]) -> Operation[list[Standing | None]]:
    """Tells where many sessions stand; None for those that are gone."""

    def standing(a: list[Any]) -> Standing | None:
        return Standing(_text(a[0]), int(a[1]), int(a[2] or 0), bool(a[3]), int(a[4]), int(a[5])) if a else None

    keys = [key for user_id in user_ids for key in (session_key(user_id), lease_key(user_id))]
    return script("glance", keys, (), lambda answer: [standing(one) for one in answer])


def update(user_id: str, fields: Row) -> Operation[Row | None]:
    """Changes fields of the hash and gives the session its full clock; answers None if there is none."""
    flat = [word for pair in fields.items() for word in pair]
    keys = (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY)
    return script("update", keys, (user_id, *_clock(), *flat), _row_or_none)


def empty(user_id: str, epoch: str) -> Operation[int]:
    """Forgets the messages of a living session; answers how many, or -1 if there is no session."""
    return script("empty", session_keys(user_id), (epoch,), int)


def clear(user_id: str, token: str, session_id: str = "") -> Operation[Row | None]:
    """Takes a session away, with a copy for its undo; answers the hash as it was, or None.

    With ``session_id`` only that session of the name is meant, none that lives under it later.
    """
    keys = (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY, *undo_keys(user_id))
    return script("clear", keys, (user_id, token, UNDO_MS, session_id), _row_or_none)


def cleared(user_id: str) -> Operation[Row | None]:
    """Reads the hash of the copy that a clear left, or None."""
    return command("HGETALL", undo_keys(user_id)[0], read=_row_or_none)


def undo(user_id: str, token: str) -> Operation[tuple[str, Row]]:
    """Brings a cleared session back; answers ``("restored" | "gone" | "exists", hash)``."""
    session, history, sends, *_ = session_keys(user_id)
    keys = (session, history, sends, SESSION_INDEX, SESSION_RECENCY, *undo_keys(user_id))
    return script("undo", keys, (user_id, token), _outcome_and_row)


def page(
    after: tuple[int, str] | None,
    limit: int,
    fields: Sequence[str],
    *,
    newest: int | str = "+inf",
    oldest: int | str = "-inf",
) -> Operation[tuple[int, list[Row]]]:
    """Reads one page of all living sessions, the most recently active first, and their exact count.

    With ``newest`` and ``oldest`` (unix milliseconds) only those whose last activity was up to the one and after
    the other; that costs no more.
    """
    keys = (SESSION_INDEX, SESSION_RECENCY)
    arguments = (*(after or ("", "")), limit, newest, oldest, *map(_pattern, fields))
    return script("list", keys, arguments, lambda answer: (answer[0], _table(answer[1], fields)))


def members(index: str, fields: Sequence[str]) -> Operation[list[Row]]:
    """Reads the given fields of every session in an index; a dead member's are ``""``.

    SORT ... GET fetches 10,000 sessions four times as fast as pipelined HMGETs.
    """
    gets = [word for field in fields for word in ("GET", _pattern(field))]
    words = ("SORT", index, "BY", "nosort", "DESC", "GET", "#", *gets)
    return command(*words, read=lambda flat: _table(flat, fields))


def fields_of(user_id: str) -> Operation[Row | None]:
    """Reads the hash of one session, or None."""
    return command("HGETALL", session_key(user_id), read=_row_or_none)


def mend(
    user_id: str, *, fix: bool, idle_seconds: int | None = None, persona: str | None = None
) -> Operation[list[str]]:
    """Looks for damage in one session, and mends or removes it; answers the findings by name."""
    keys = (*session_keys(user_id), SESSION_INDEX, SESSION_RECENCY)
    idle_ms = "" if idle_seconds is None else idle_seconds * 1000
    arguments = (user_id, *_clock(), int(fix), idle_ms, persona or "")
    return script("mend", keys, arguments, lambda answer: [_text(one) for one in answer])


def orphans(part: str, user_ids: Sequence[str], *, fix: bool) -> Operation[int]:
    """Counts, and removes, the keys of one of ``PARTS`` whose session is gone."""
    keys = [key for user_id in user_ids for key in (session_key(user_id), f"{part}:{user_id}")]
    return script("orphan", keys, (int(fix),), int)


def eternal(keys: Sequence[str], clock_ms: int, *, fix: bool) -> Operation[int]:
    """Counts the keys without a clock, and gives them one."""
    return script("eternal", keys, (int(fix), clock_ms), int)


def stale(members: Sequence[str], *, fix: bool) -> Operation[tuple[int, int, int]]:
    """Counts, and forgets, members of the indexes whose session is gone; answers ``(past, early, unknown)``."""
    keys = (SESSION_INDEX, SESSION_RECENCY, *map(session_key, members))
    return script("stale", keys, (int(fix), *members), lambda answer: (answer[0], answer[1], answer[2]))


def own_clock_of(key: str) -> int | None:
    """Returns the longest life in ms of a key that is not part of a session's, None for any other key."""
    if key in {SESSION_INDEX, SESSION_RECENCY}:
        return int(settings.NONO_SESSION_MAX_AGE) * 1000
    clocks = {
        "owner_index": int(settings.NONO_SESSION_MAX_AGE) * 1000,
        "chat_lease": LEASE_MS,
        "undo": UNDO_MS,
        "limit": LIMIT_MS,
    }
    kind, colon, _ = key.partition(":")
    return clocks.get(kind) if colon else None


def scan(cursor: int, count: int) -> Operation[tuple[int, list[str]]]:
    """Reads some of all keys, and the cursor of the next; never on a request's path."""
    return command("SCAN", cursor, "COUNT", count, read=_scanned)


def scan_index(index: str, cursor: int, count: int) -> Operation[tuple[int, list[str]]]:
    """Reads some members of an index, and the cursor of the next."""

    def members_only(answer: Any) -> tuple[int, list[str]]:
        found = answer[1]
        names = [pair[0] for pair in found] if found and isinstance(found[0], (tuple, list)) else found[::2]
        return int(answer[0]), [_text(name) for name in names]

    return command("ZSCAN", index, cursor, "COUNT", count, read=members_only)


def size() -> Operation[int]:
    """Counts the keys of the store."""
    return command("DBSIZE", read=int)


def take(whom: str, period_ms: int, burst: int) -> Operation[int]:
    """Takes one unit of a rate limit; answers the milliseconds to wait, 0 if it was granted."""
    return script("take", (f"limit:{whom}",), (period_ms, burst), int)


def ping() -> Operation[bool]:
    """Asks whether the store is there."""
    return command("PING", read=bool)


def probe() -> Operation[bool]:
    """Asks whether the store runs scripts and takes writes."""
    return script("probe", ("nono_probe",), (), bool)


def information() -> Operation[Row]:
    """Reads what the server tells of itself: its version, memory, persistence, counts."""
    return command("INFO", read=lambda facts: {name: str(fact) for name, fact in facts.items()})


def configuration(name: str) -> Operation[str]:
    """Reads one setting of the server, ``""`` for one that it does not have; hosted servers often forbid it."""
    return command("CONFIG", "GET", name, read=lambda answer: _row(answer).get(name, ""))


def _clock() -> tuple[Argument, Argument]:
    return settings.NONO_SESSION_TTL * 1000, settings.NONO_SESSION_MAX_AGE * 1000


def _scanned(answer: Any) -> tuple[int, list[str]]:
    return int(answer[0]), [_text(key) for key in answer[1]]


def _appended(answer: list[Any]) -> Appended:
    if len(answer) == 1:
        return Appended(_text(answer[0]))  # type: ignore[arg-type]
    outcome, seq, message, more, expires_at = answer
    return Appended(_text(outcome), seq, message, bool(more), int(expires_at))  # type: ignore[arg-type]


def _pattern(field: str) -> str:
    return f"session:*->{field}"


def _table(flat: Sequence[bytes | None], fields: Sequence[str]) -> list[Row]:
    names, width = ("member", *fields), len(fields) + 1
    cells = [_text(cell or b"") for cell in flat]
    return [dict(zip(names, cells[i : i + width], strict=True)) for i in range(0, len(cells), width)]


def _text(raw: bytes | str) -> str:
    """Reads text leniently: what somebody damaged by hand is shown, not crashed on."""
    return raw if isinstance(raw, str) else raw.decode(errors="replace")


def _row(answer: Any) -> Row:
    """Reads a hash, which a script answers as a flat list and a command as a mapping."""
    pairs = answer.items() if isinstance(answer, dict) else zip(answer[::2], answer[1::2], strict=True)
    return {_text(field): _text(value) for field, value in pairs}


def _row_or_none(answer: Any) -> Row | None:
    return _row(answer) or None


def _outcome_and_row(answer: list[Any]) -> tuple[str, Row]:
    return _text(answer[0]), _row(answer[1:])
