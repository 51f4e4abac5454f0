"""Panels of the dashboard: each subject as two charts, the last hour and the last day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from nono.contract import DANGERS
from nono.metrics.definitions import REPLY_STATES
from nono.metrics.quantiles import quantile
from sessions_app.admin.charts import Chart, Series, number

Amounts = Mapping[str, int]
Numbers = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Counts of equal spans of time; ``begins`` are in unix seconds, oldest first."""

    id: str
    title: str
    span: str
    spans: Sequence[Amounts]
    begins: Sequence[int]
    ends: tuple[str, str, str]

    def of(self, field: str) -> Numbers:
        """Returns the counts of one field."""
        return tuple(span.get(field, 0) for span in self.spans)

    def within(self, field: str) -> Numbers:
        """Returns the sums of all fields with the prefix ``field|``."""
        return tuple(sum(n for name, n in span.items() if name.startswith(f"{field}|")) for span in self.spans)

    def joined(self, size: int, span: str) -> "History":
        """Returns the same period with ``size`` spans merged into one."""
        starts = range(0, len(self.spans), size)
        sums = [_sum(self.spans[start : start + size]) for start in starts]
        return History(self.id, self.title, span, sums, [self.begins[start] for start in starts], self.ends)

    @property
    def times(self) -> tuple[str, ...]:
        """Returns the start of each span as ``HH:MM`` in UTC."""
        return tuple(f"{datetime.fromtimestamp(begin, UTC):%H:%M}" for begin in self.begins)


@dataclass(frozen=True, slots=True)
class Panel:
    """One subject, over the last hour and over the last day."""

    title: str
    about: str
    charts: tuple[Chart, ...]

    @property
    def legend(self) -> tuple[Series, ...]:
        """Returns the series if there are several, for their names and classes."""
        return self.charts[0].series if len(self.charts[0].series) > 1 else ()


def hour_of(spans: Sequence[Amounts], minutes: Sequence[int]) -> History:
    """Returns the last hour; ``minutes`` are in unix minutes."""
    ends = (_("60 min ago"), _("30 min ago"), _("now"))
    return History("hour", _("Last hour"), _("a minute"), spans, [one * 60 for one in minutes], ends)


def day_of(spans: Sequence[Amounts], quarters: Sequence[int]) -> History:
    """Returns the last day; ``quarters`` are in unix quarters of an hour."""
    ends = (_("24 h ago"), _("12 h ago"), _("now"))
    return History("day", _("Last day"), _("15 minutes"), spans, [one * 900 for one in quarters], ends)


def panels(hour: History, day: History) -> Iterator[Panel]:
    """Yields all panels of the dashboard."""
    both = (hour, day)
    yield Panel(_("Messages"), _("Messages of visitors that were stored."), tuple(map(_messages, both)))
    yield Panel(
        _("Replies"), _("Replies that were stored, by the state in which they ended."), tuple(map(_replies, both))
    )
    yield Panel(
        _("Time to the first word"),
        _("How long a reply took to begin: half of all took at most the median. Estimated from ranges."),
        (_first_words(hour.joined(5, _("5 minutes"))), _first_words(day.joined(4, _("an hour")))),
    )
    yield Panel(_("Chats alive"), _("Chats that lived at the end of each span."), tuple(map(_alive, both)))
    yield Panel(
        _("Safety"),
        _("Messages that were judged to be about danger, by level. Those without a sign of it are left out."),
        tuple(map(_safety, both)),
    )


def _messages(history: History) -> Chart:
    return _bars("messages", history, Series(_("Messages"), "calm", history.of("messages")))


def _replies(history: History) -> Chart:
    names = {"done": _("Done"), "stopped": _("Stopped"), "interrupted": _("Interrupted"), "error": _("Failed")}
    styles = {"done": "calm", "stopped": "quiet", "interrupted": "warm", "error": "hot"}
    series = [Series(names[state], styles[state], history.of(f"replies|{state}")) for state in REPLY_STATES]
    return _bars("replies", history, *series)


def _safety(history: History) -> Chart:
    names = {
        "unknown": _("Not judged"),
        "about_other": _("About somebody else"),
        "concern": _("Concern"),
        "crisis": _("Crisis"),
        "imminent": _("Imminent"),
    }
    styles = {"unknown": "quiet", "about_other": "calm", "concern": "warm", "crisis": "hot", "imminent": "deep"}
    series = [Series(names[level], styles[level], history.within(f"safety|{level}")) for level in DANGERS]
    return _bars("safety", history, *series)


def _alive(history: History) -> Chart:
    alive: Numbers = tuple(span.get("sessions_alive") for span in history.spans)
    known = [value for value in alive if value is not None]
    said = _("At most %(most)s at once.") % {"most": number(max(known))} if known else _("Nothing is known.")
    return _line("alive", history, said, Series(_("Chats"), "calm", alive))


def _first_words(history: History) -> Chart:
    def at(share: float) -> Numbers:
        return tuple(quantile("first_token_seconds", share, [span]) for span in history.spans)

    median = quantile("first_token_seconds", 0.5, history.spans)
    slow = quantile("first_token_seconds", 0.95, history.spans)
    said = _("No reply began.")
    if median is not None and slow is not None:
        said = _("Median about %(median)s s; 95th percentile about %(slow)s s.") % {
            "median": number(median),
            "slow": number(slow),
        }
    series = (Series(_("Median"), "calm", at(0.5)), Series(_("95th percentile"), "warm", at(0.95)))
    return _line("first-word", history, said, *series, unit=" s")


def _bars(id: str, history: History, *series: Series) -> Chart:
    spans = [sum(value or 0 for value in span) for span in zip(*(one.values for one in series), strict=True)]
    said = _("None.")
    if any(spans):
        said = _("%(total)s in all, at most %(most)s in %(span)s.") % {
            "total": number(sum(spans)),
            "most": number(max(spans)),
            "span": history.span,
        }
    return Chart(f"{id}-{history.id}", history.title, said, "bars", series, history.times, history.ends)


def _line(id: str, history: History, said: str, *series: Series, unit: str = "") -> Chart:
    return Chart(f"{id}-{history.id}", history.title, said, "line", series, history.times, history.ends, unit)


def _sum(spans: Sequence[Amounts]) -> Amounts:
    fields = {field for span in spans for field in span}
    return {field: sum(span.get(field, 0) for span in spans) for field in fields}
