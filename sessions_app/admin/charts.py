"""Charts as SVG shapes: bars and lines over equal spans of time, drawn by templates/admin/_chart.html.

Styles come from classes (static/css/dashboard.css): the admin's Content Security Policy allows no others.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

WIDTH: Final = 360
HEIGHT: Final = 128
LEFT, RIGHT, TOP, BOTTOM = 44, 352, 10, 106
"""Edges of the plot; the labels are left of it and below."""

GAP: Final = 0.25
"""Share of a bar's width that stays empty."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of values over time; ``style`` is its CSS class. An unknown value is None."""

    name: str
    style: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A path and its class; ``dots`` are the values of a line without neighbours to connect to."""

    style: str
    path: str
    dots: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """A label beside an axis."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: ``times`` are the names of the spans, oldest first, ``ends`` the labels of the time axis."""

    id: str
    title: str
    said: str
    kind: Literal["bars", "line"]
    series: tuple[Series, ...]
    times: tuple[str, ...]
    ends: tuple[str, str, str]
    unit: str = ""

    @property
    def is_empty(self) -> bool:
        """Returns True if there is nothing to draw."""
        return next(self.rows, None) is None

    @property
    def shapes(self) -> Iterator[Shape]:
        """Yields the shapes to draw, the first series at the bottom."""
        return self._bars() if self.kind == "bars" else self._lines()

    @property
    def grid(self) -> str:
        """Returns the path of the horizontal lines."""
        return "".join(f"M{LEFT} {tick.y:g}H{RIGHT}" for tick in self._heights())

    @property
    def ticks(self) -> Iterator[Tick]:
        """Yields the labels of both axes."""
        for tick in self._heights():
            yield Tick(tick.x, tick.y + 3.5, tick.text, tick.anchor)
        places: tuple[tuple[float, Literal["start", "middle", "end"]], ...] = (
            (LEFT, "start"),
            ((LEFT + RIGHT) / 2, "middle"),
            (RIGHT, "end"),
        )
        for (x, anchor), words in zip(places, self.ends, strict=True):
            yield Tick(x, HEIGHT - 6, words, anchor)

    @property
    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """Yields the rows of the table: the time and the values of every span that is not empty."""
        for time, values in zip(self.times, self._by_span(), strict=True):
            if any(value is not None if self.kind == "line" else value for value in values):
                yield time, ["" if value is None else f"{number(value)}{self.unit}" for value in values]

    @property
    def top(self) -> float:
        """Returns the value at the upper edge."""
        if self.kind == "bars":
            return round_up(max((sum(value or 0 for value in span) for span in self._by_span()), default=0))
        return round_up(max((value or 0 for span in self._by_span() for value in span), default=0))

    def _by_span(self) -> Iterator[tuple[float | None, ...]]:
        return zip(*(one.values for one in self.series), strict=True)

    def _heights(self) -> Iterator[Tick]:
        parts = (0, 1) if self.top == 1 and not self.unit else (0, 0.5, 1)
        for part in parts:
            yield Tick(LEFT - 5, self._y(self.top * part), f"{number(self.top * part)}{self.unit}", "end")

    def _y(self, value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * value / self.top, 1)

    def _x(self, span: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * span / len(self.times), 1)

    def _bars(self) -> Iterator[Shape]:
        below = [0.0] * len(self.times)
        for one in self.series:
            path = ""
            for span, value in enumerate(one.values):
                if value:
                    left, right = self._x(span + GAP / 2), self._x(span + 1 - GAP / 2)
                    path += f"M{left:g} {self._y(below[span]):g}V{self._y(below[span] + value):g}H{right:g}"
                    path += f"V{self._y(below[span]):g}Z"
                    below[span] += value
            yield Shape(one.style, path)

    def _lines(self) -> Iterator[Shape]:
        for one in self.series:
            path, dots = "", []
            known = groupby(enumerate(one.values), key=lambda pair: pair[1] is not None)
            for points in ([(self._x(s + 0.5), self._y(v or 0)) for s, v in run] for there, run in known if there):
                path += "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
                dots += points if len(points) == 1 else []
            yield Shape(one.style, path, tuple(dots))


def round_up(value: float) -> float:
    """Returns the next round number at or above ``value`` whose half is also round."""
    if value <= 0:
        return 1
    power = 10 ** math.floor(math.log10(value))
    return float(next(step * power for step in (1, 2, 4, 6, 10) if step * power >= value * (1 - 1e-9)))


def number(value: float) -> str:
    """Formats a number for a chart: ``0.25``, ``14``, ``1.2k``."""
    if value >= 10_000:
        return f"{value / 1000:.3g}k"
    return f"{value:,.0f}" if value == round(value) else f"{value:.2g}"
