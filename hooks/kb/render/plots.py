"""Draws small plots as SVG that follows the page's colours: bars from zero, and the span of percentiles."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH = 360
"""Of a plot, in its own units; a plot this wide fits a phone with its text in the size of a caption."""
LEFT, RIGHT = 62, 262
"""Where values begin, and where the greatest of them ends; names stand to the left, numbers to the right."""
BAR, GAP = 11, 7
"""Height of a bar, and the space between two rows."""
_TOP = 4
_BASELINE = 4
"""How far text stands above the lower edge of a bar of `BAR`, so that it looks centred."""
_DOT = 3.5


@dataclass(frozen=True, slots=True)
class Bar:
    """A value, and the least and the greatest that were measured, if it was measured more than once."""

    kind: str
    """What it is, as the style sheet knows it: `template`, `minimal` or `postgres`."""
    value: float
    shown: str
    """The value as a person reads it."""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What is drawn for one name, from the top to the bottom."""

    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Where the percentiles of one name lie."""

    name: str
    p50: float
    p95: float
    p99: float
    shown: str


@dataclass(frozen=True, slots=True)
class Caption:
    """What a plot is called, for the eye and for who cannot see it."""

    id: str
    """Unique on the page."""
    title: str
    description: str
    """What is drawn, and where the same numbers stand in words."""


def bars(caption: Caption, rows: Sequence[Row]) -> str:
    """Return a plot with bars that begin at zero; a thin line spans what was measured."""
    greatest = max((bar.high or bar.value for row in rows for bar in row.bars), default=0)
    parts: list[str] = []
    top: float = _TOP
    for row in rows:
        parts.append(_text("name", 0, top + BAR - _BASELINE / 2, row.name))
        for bar in row.bars:
            parts += _bar(bar, top, greatest)
            top += BAR + 1
        top += GAP
    return _figure(caption, parts, top)


def spans(caption: Caption, rows: Sequence[Span]) -> str:
    """Return a plot with a dot at the median, a line to the 99th percentile, and a stroke at the 95th."""
    greatest = max((row.p99 for row in rows), default=0)
    parts: list[str] = []
    top: float = _TOP
    for row in rows:
        middle = top + BAR / 2
        p50, p95, p99 = (_x(value, greatest) for value in (row.p50, row.p95, row.p99))
        parts += (
            _text("name", 0, top + BAR - _BASELINE / 2, row.name),
            _line("span", (p50, middle), (p99, middle)),
            _line("stroke", (p95, middle - _DOT), (p95, middle + _DOT)),
            _line("stroke", (p99, middle - _DOT), (p99, middle + _DOT)),
            f'<circle class="template" cx="{p50:.1f}" cy="{middle:.1f}" r="{_DOT}"/>',
            _text("number", WIDTH, top + BAR - _BASELINE / 2, row.shown),
        )
        top += BAR + GAP
    return _figure(caption, parts, top)


def side_by_side(figures: Sequence[str]) -> str:
    """Return plots as a grid that has as many columns as fit."""
    return f'<div class="kb-plots">\n{"".join(figures)}</div>'


def _bar(bar: Bar, top: float, greatest: float) -> Iterator[str]:
    end = _x(bar.value, greatest)
    yield (f'<rect class="{bar.kind}" x="{LEFT}" y="{top:.1f}" width="{end - LEFT:.1f}" height="{BAR}" rx="1.5"/>')
    if bar.low is not None and bar.high is not None and bar.low < bar.high:
        middle = top + BAR / 2
        yield _line("whisker", (_x(bar.low, greatest), middle), (_x(bar.high, greatest), middle))
    yield _text("number", WIDTH, top + BAR - _BASELINE / 2, bar.shown)


def _x(value: float, greatest: float) -> float:
    """Return where a value lies between `LEFT` and `RIGHT`."""
    return LEFT + (RIGHT - LEFT) * value / greatest if greatest else LEFT


def _line(kind: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(kind: str, x: float, y: float, words: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:.1f}">{html.escape(words)}</text>'


def _figure(caption: Caption, parts: Sequence[str], height: float) -> str:
    """Return a figure on lines without a blank one between them, so that Markdown leaves it alone."""
    title, description = f"{caption.id}-title", f"{caption.id}-description"
    axis = _line("axis", (LEFT, 0), (LEFT, height))
    head = (
        f'<figure class="kb-plot">\n<figcaption>{html.escape(caption.title)}</figcaption>\n'
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="{title} {description}">\n'
        f'<title id="{title}">{html.escape(caption.title)}</title>\n'
        f'<desc id="{description}">{html.escape(caption.description)}</desc>\n'
    )
    return head + "\n".join((axis, *parts)) + "\n</svg>\n</figure>\n"
