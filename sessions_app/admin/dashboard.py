"""Dashboard on the admin's first page: the metrics of all processes, in the last hour and the last day.

The number of its round trips does not depend on the number of chats: one for charts, totals and a page of chats, then
those for the server's INFO, which hosted servers may forbid, and for the checks of the doctor.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from nono import store
from nono.metrics.quantiles import quantile
from nono.store import operations
from nono.store.operations import Figures
from sessions_app import personas
from sessions_app.admin.charts import number
from sessions_app.admin.facts import Fact, of_store
from sessions_app.admin.installation import verdict
from sessions_app.admin.pages import list_url
from sessions_app.admin.panels import History, Panel, day_of, hour_of, panels

SAMPLE: Final = 1000
"""Number of chats whose personas are counted: the most recently active ones."""

MINUTES, QUARTERS = 60, 96
"""Minutes of an hour, and quarters of an hour of a day."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One number with its name, a note and a link."""

    name: str
    value: str
    note: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """Number and percentage of the sampled chats that have one persona."""

    name: str
    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Content of the dashboard; ``shares`` are computed from ``looked_at`` of the ``sessions``."""

    at: str
    tiles: tuple[Tile, ...]
    panels: tuple[Panel, ...]
    shares: tuple[Share, ...]
    looked_at: int
    sessions: int
    facts: tuple[Fact, ...]
    counts: bool


def dashboard() -> Dashboard:
    """Reads the dashboard's data from the store; raises ``StoreUnavailable``."""
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
        facts=(verdict(), *of_store()),
        counts=settings.NONO_METRICS,
    )


def _tiles(sessions: int, figures: Figures, hour: History) -> Iterator[Tile]:
    tabs, running = (_now(figures, field) for field in ("sockets_open|chat", "replies_running"))
    median = quantile("first_token_seconds", 0.5, hour.spans)
    yield Tile(_("Chats alive"), number(sessions), url=list_url())
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
