"""The dashboard on the admin's first page: what all processes counted, in the last hour and the last day.

A look at it asks the store twice, however many chats there are: once for counts, figures and a page of chats, once
for what the server tells of itself, which hosted ones may forbid.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from nono import operations, self_check, store
from nono.operations import Figures, Row
from nono.quantiles import quantile
from sessions_app import personas
from sessions_app.admin.charts import number
from sessions_app.admin.panels import History, Panel, day_of, hour_of, panels

SAMPLE: Final = 1000
"""Chats whose personas are looked at: the most recently active ones."""

MINUTES, QUARTERS = 60, 96
"""Of an hour, and of a day in quarters of an hour."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One number, what it is, and what it needs to be understood."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """In how many of the chats that were looked at one persona answers, and in how many of a hundred."""

    name: str
    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about the store; ``wrong`` if an operator should do something."""

    name: str
    value: str
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All there is to see; ``looked_at`` of the ``sessions`` that live decide the shares of the personas."""

    at: str
    tiles: tuple[Tile, ...]
    panels: tuple[Panel, ...]
    shares: tuple[Share, ...]
    looked_at: int
    sessions: int
    facts: tuple[Fact, ...]
    counts: bool


def dashboard() -> Dashboard:
    """Asks the store; raises ``StoreUnavailable``."""
    now = int(time.time())
    minutes = range(now // 60 - MINUTES + 1, now // 60 + 1)
    quarters = range(now // 900 - QUARTERS + 1, now // 900 + 1)
    asked: list[store.Operation[Any]] = [
        operations.charts(minutes, quarters),
        operations.figures(),
        operations.page(None, SAMPLE, ["persona"]),
    ]
    (last_hour, last_day), figures, (sessions, rows) = store.run_all(asked)
    hour, day = hour_of(last_hour, minutes), day_of(last_day, quarters)
    return Dashboard(
        at=f"{datetime.fromtimestamp(now, UTC):%H:%M:%S} UTC",
        tiles=tuple(_tiles(sessions, figures, hour)),
        panels=tuple(panels(hour, day)),
        shares=tuple(_shares([row["persona"] for row in rows])),
        looked_at=len(rows),
        sessions=sessions,
        facts=tuple(_facts()),
        counts=settings.NONO_METRICS,
    )


def _tiles(sessions: int, figures: Figures, hour: History) -> Iterator[Tile]:
    tabs, running = (_now(figures, field) for field in ("sockets_open|chat", "replies_running"))
    median = quantile("first_token_seconds", 0.5, hour.spans)
    yield Tile(_("Chats alive"), number(sessions))
    yield Tile(_("Open tabs"), number(tabs))
    yield Tile(_("Replies"), number(running), _("being written"))
    yield Tile(_("Messages"), number(sum(value or 0 for value in hour.of("messages"))), _("last hour"))
    first_word = "–" if median is None else f"{number(median)} s"
    yield Tile(_("First word after"), first_word, _("median, last hour"))
    yield Tile(_("Web processes"), number(len(figures.processes)))


def _now(figures: Figures, field: str) -> float:
    return sum(told.get(field, 0) for told in figures.processes.values())


def _shares(keys: list[str]) -> Iterator[Share]:
    names = {one.key: one.name for one in personas.every(get_language())}
    for key, count in Counter(keys).most_common():
        yield Share(names.get(key, key), count, round(100 * count / len(keys)))


def _facts() -> Iterator[Fact]:
    try:
        information = store.run(operations.information())
    except self_check.REFUSALS:
        yield Fact(_("Store"), _("It does not tell about its memory and its files."))
        return
    yield _memory(information)
    yield _file(information)
    yield _snapshots(information)
    if dropped := int(information.get("evicted_keys", 0)):
        what = ngettext(
            "%(count)s key was dropped since the store started: parts of chats are lost.",
            "%(count)s keys were dropped since the store started: parts of chats are lost.",
            dropped,
        )
        yield Fact(_("Full memory"), what % {"count": number(dropped)}, wrong=True)


def _memory(information: Row) -> Fact:
    used, limit = int(information.get("used_memory", 0)), int(information.get("maxmemory", 0))
    if not limit:
        return Fact(_("Memory"), _("%(used)s, no limit is set") % {"used": filesizeformat(used)})
    percent = round(100 * used / limit)
    words = _("%(used)s of %(limit)s (%(percent)s%%)")
    said = words % {"used": filesizeformat(used), "limit": filesizeformat(limit), "percent": percent}
    return Fact(_("Memory"), said, wrong=used >= self_check.FULL * limit)


def _file(information: Row) -> Fact:
    match information.get("aof_enabled"), information.get("aof_last_write_status"):
        case "1", "ok":
            return Fact(_("Append-only file"), _("on, the last write succeeded"))
        case "1", _status:
            return Fact(_("Append-only file"), _("on, but the last write failed"), wrong=True)
        case "0", _status:
            return Fact(_("Append-only file"), _("off"))
        case _unknown:
            return Fact(_("Append-only file"), _("unknown"))


def _snapshots(information: Row) -> Fact:
    failed = information.get("rdb_last_bgsave_status") == "err"
    if failed:
        return Fact(_("Snapshots"), _("the last one failed"), wrong=True)
    changes = information.get("rdb_changes_since_last_save")
    if changes is None:
        return Fact(_("Snapshots"), _("unknown"))
    said = ngettext(
        "%(count)s change since the last one, or since the start",
        "%(count)s changes since the last one, or since the start",
        int(changes),
    )
    return Fact(_("Snapshots"), said % {"count": number(int(changes))})
