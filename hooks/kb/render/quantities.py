"""Numbers as a person reads them: no more digits than mean something, and units that keep them short."""

from __future__ import annotations

_THOUSAND = 1000
_HUNDRED = 100
_TEN = 10
_KIBI = 1024


def digits(value: float) -> str:
    """Return a number with three digits that count, or all before the point."""
    places = 0 if value >= _HUNDRED else 1 if value >= _TEN else 2
    return f"{value:,.{places}f}"


def count(value: float) -> str:
    """Return a whole number."""
    return f"{value:,.0f}"


def microseconds(value: float) -> str:
    """Return a time that is given in microseconds."""
    return f"{digits(value)} µs" if value < _THOUSAND else milliseconds(value / _THOUSAND)


def milliseconds(value: float) -> str:
    """Return a time that is given in milliseconds."""
    return f"{digits(value)} ms" if value < _THOUSAND else f"{digits(value / _THOUSAND)} s"


def size(value: float) -> str:
    """Return a number of bytes."""
    mebibytes = value / _KIBI / _KIBI
    return f"{digits(mebibytes)} MiB" if mebibytes < _KIBI else f"{digits(mebibytes / _KIBI)} GiB"


def times(value: float) -> str:
    """Return how many times one thing is another."""
    return f"{value:.1f} times" if value < _TEN else f"{value:.0f} times"


def between(low: str, high: str) -> str:
    """Return a range of two quantities, whose unit is said once if it is the same."""
    number, _, unit = low.partition(" ")
    return f"{number if high.endswith(f' {unit}') else low} to {high}"
