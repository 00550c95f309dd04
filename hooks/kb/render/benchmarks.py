"""What the measurement of the templates shows: how it was taken, plots, and the same numbers in tables."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kb.benchmarks.model import Spread
from kb.render.findings import findings
from kb.render.plots import Bar, Caption, Row, Span, bars, side_by_side, spans
from kb.render.quantities import between, count, digits, microseconds, milliseconds, size, times
from kb.render.text import code, escape, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kb.benchmarks.model import Benchmarks, Contestant, Load, Measured, Operation
    from kb.model import Library

_NOTHING = "Nothing has been measured yet."
_NONE = "none"
"""Where no rate was sustained."""
_COMMIT = 12
"""Digits of a commit's name that are shown."""


def setting(run: Benchmarks) -> str:
    """Return what was measured on what, when and how."""
    how, machine = run.settings, run.machine
    loads = (load for each in run.contestants for rounds in each.template.loads.values() for load in rounds)
    late = Spread.of(load.late_ms for load in loads)
    changed = ", with changes that were not committed yet" if run.modified else ""
    memory, kernel = size(machine.memory_bytes), escape(machine.kernel)
    limits = f"{how.connections} requests under way at most, {how.timeout_ms / 1000:g} s for each"
    rates = ", ".join(f"{code(each.title)} {count(each.rate)} a second" for each in run.operations)
    bearable = f"99 of 100 answers within {how.bearable_ms:g} ms, and no failure"
    rows = (
        ("Measured", f"{run.measured.isoformat()}, at commit {code(run.commit[:_COMMIT])}{changed}"),
        ("Machine", f"{machine.cores} cores of {escape(machine.processor)}, {memory}, {kernel}"),
        ("PostgreSQL", f"{escape(run.versions['PostgreSQL'])}, {_listed(run.postgres)}"),
        ("Application", f"one process, {how.pool} connections"),
        ("Rows", f"{count(how.products)} products, {count(how.orders)} orders and those that are placed"),
        (
            "Generator",
            f"vegeta {escape(run.versions['vegeta'])}; {limits}; {digits(late.median)} ms late in the median",
        ),
        ("Same rate", f"{how.rounds} rounds of {how.seconds:g} s: {rates}"),
        ("Highest rate", f"{how.climb_seconds:g} s at each rate that is tried; {bearable}"),
        ("Cold start", f"{how.starts} times, with the files in the system's cache"),
    )
    versions = ((escape(each.title), _listed(each.versions)) for each in run.contestants)
    return table(("What", "How"), (*rows, *versions))


def _listed(named: Mapping[str, str]) -> str:
    return ", ".join(f"{escape(name)} {escape(value)}" for name, value in named.items())


def cpu(run: Benchmarks) -> str:
    """Return what a request costs: at the highest rate, PostgreSQL beside the application, and at the same rate."""
    operations = [each for each in run.operations if each.climbs]
    plots = _plots(run, operations, "cpu", _costs)
    busy = _table(run, operations, _both_costs)
    calm = _table(
        run, run.operations, lambda row, each: _range(row.template.spread(each.id, "server_us"), microseconds)
    )
    return _paragraphs(
        plots,
        "At the highest rate, the application · PostgreSQL:",
        busy,
        "At the same rate, the application, as the median of the rounds and their range:",
        calm,
    )


def _costs(row: Contestant, operation: Operation) -> tuple[Bar, ...]:
    best = row.template.best(operation.id)
    if best is None:
        return (Bar("template", 0, _NONE),)
    application = Bar("template", best.server_us, microseconds(best.server_us))
    return (application, Bar("postgres", best.postgres_us, microseconds(best.postgres_us)))


def _both_costs(row: Contestant, operation: Operation) -> str:
    best = row.template.best(operation.id)
    return f"{microseconds(best.server_us)} · {microseconds(best.postgres_us)}" if best else _NONE


def latency(run: Benchmarks) -> str:
    """Return how long answers take at the same rate."""
    plots = [
        spans(_caption(run, "latency", each), [_span(row, each) for row in run.contestants]) for each in run.operations
    ]
    return _paragraphs(
        side_by_side(plots),
        "In milliseconds, p50 / p95 / p99, each the median of the rounds; below them the range of the p50:",
        _table(run, run.operations, _percentiles),
    )


def _span(row: Contestant, operation: Operation) -> Span:
    p50, p95, p99 = (row.template.spread(operation.id, f"p{percent}_ms").median for percent in (50, 95, 99))
    return Span(row.title, p50, p95, p99, f"{digits(p50)} to {digits(p99)} ms")


def _percentiles(row: Contestant, operation: Operation) -> str:
    p50, p95, p99 = (row.template.spread(operation.id, f"p{percent}_ms") for percent in (50, 95, 99))
    shown = " / ".join(digits(each.median) for each in (p50, p95, p99))
    return f"{shown}<br>{between(digits(p50.low), digits(p50.high))}"


def rate(run: Benchmarks) -> str:
    """Return the highest rates that were sustained."""
    operations = [each for each in run.operations if each.climbs]
    return _paragraphs(
        _plots(run, operations, "rate", lambda row, each: (_rate_bar("template", row.template.best(each.id)),)),
        "Requests a second:",
        _table(run, operations, lambda row, each: _rate(row.template.best(each.id))),
    )


def _rate_bar(kind: str, best: Load | None) -> Bar:
    return Bar(kind, best.rate if best else 0, _rate(best))


def _rate(best: Load | None) -> str:
    return count(best.rate) if best else _NONE


def features(run: Benchmarks) -> str:
    """Return what a request costs the template and the minimal application of its framework, at their highest rates."""
    operations = [each for each in run.operations if each.climbs and each.minimal]
    return _paragraphs(
        _plots(run, operations, "features", _beside),
        "CPU of the template, of the minimal application, and how many times more the template takes:",
        _table(run, operations, lambda row, each: _compared(row.minimal.best(each.id), row.template.best(each.id))),
        "Highest rates of the template and of the minimal application, in requests a second:",
        _table(
            run,
            operations,
            lambda row, each: f"{_rate(row.template.best(each.id))} · {_rate(row.minimal.best(each.id))}",
        ),
    )


def _beside(row: Contestant, operation: Operation) -> tuple[Bar, ...]:
    found = (("template", row.template.best(operation.id)), ("minimal", row.minimal.best(operation.id)))
    return tuple(Bar(kind, best.server_us if best else 0, _cost(best)) for kind, best in found)


def _compared(minimal: Load | None, template: Load | None) -> str:
    factor = f"<br>{times(template.server_us / minimal.server_us)}" if minimal and template else ""
    return f"{_cost(template)} · {_cost(minimal)}{factor}"


def _cost(best: Load | None) -> str:
    return microseconds(best.server_us) if best else _NONE


def footprint(run: Benchmarks) -> str:
    """Return memory, cold start, size and lines of source."""
    figures: Sequence[tuple[str, str, Callable[[Contestant], tuple[Bar, ...]]]] = (
        ("memory", "Memory after the start, and after the load", _memory_bars),
        ("start", "Cold start", _start_bars),
        ("size", "Size of the application, and of its runtime", _size_bars),
        ("lines", "Lines of source", lambda row: (Bar("template", row.source_lines, count(row.source_lines)),)),
    )
    plots = [
        bars(Caption(f"kb-{name}", title, _described(run)), [Row(row.title, draw(row)) for row in run.contestants])
        for name, title, draw in figures
    ]
    rows: Sequence[tuple[str, Callable[[Contestant], str]]] = (
        ("Memory after the start", lambda row: _range(_held(row.template, "start_bytes"), size)),
        ("Memory after the load", lambda row: _range(_held(row.template, "load_bytes"), size)),
        ("Cold start", lambda row: _range(Spread.of(row.template.starts_ms), milliseconds)),
        ("Size of the application", lambda row: size(row.application_bytes)),
        ("Size of the runtime", lambda row: size(row.runtime_bytes) if row.runtime_bytes else "compiled in"),
        ("Lines of source", lambda row: count(row.source_lines)),
        ("Minimal: memory after the start", lambda row: _range(_held(row.minimal, "start_bytes"), size)),
        ("Minimal: cold start", lambda row: _range(Spread.of(row.minimal.starts_ms), milliseconds)),
    )
    cells = ((name, *(cell(row) for row in run.contestants)) for name, cell in rows)
    return _paragraphs(side_by_side(plots), table(("Figure", *_titles(run)), cells))


def _held(measured: Measured, when: str) -> Spread:
    return Spread.of(getattr(round_, when) for round_ in measured.memory)


def _memory_bars(row: Contestant) -> tuple[Bar, ...]:
    after, started = _held(row.template, "load_bytes"), _held(row.template, "start_bytes")
    return (_spread_bar("template", started, size), _spread_bar("after", after, size))


def _start_bars(row: Contestant) -> tuple[Bar, ...]:
    return (_spread_bar("template", Spread.of(row.template.starts_ms), milliseconds),)


def _size_bars(row: Contestant) -> tuple[Bar, ...]:
    own = Bar("template", row.application_bytes, size(row.application_bytes))
    return (own, Bar("after", row.runtime_bytes, size(row.runtime_bytes))) if row.runtime_bytes else (own,)


def _spread_bar(kind: str, spread: Spread, shown: Callable[[float], str]) -> Bar:
    return Bar(kind, spread.median, shown(spread.median), spread.low, spread.high)


def _range(spread: Spread, shown: Callable[[float], str]) -> str:
    """Return a median and the range around it; the median alone where there is none."""
    low, high = shown(spread.low), shown(spread.high)
    return shown(spread.median) if low == high else f"{shown(spread.median)}<br>{between(low, high)}"


def _plots(
    run: Benchmarks,
    operations: Sequence[Operation],
    name: str,
    draw: Callable[[Contestant, Operation], tuple[Bar, ...]],
) -> str:
    """Return a plot of bars for each operation."""
    return side_by_side(
        [
            bars(_caption(run, name, each), [Row(row.title, draw(row, each)) for row in run.contestants])
            for each in operations
        ]
    )


def _caption(run: Benchmarks, name: str, operation: Operation) -> Caption:
    return Caption(f"kb-{name}-{operation.id}", operation.title, _described(run))


def _described(run: Benchmarks) -> str:
    names = ", ".join(each.title for each in run.contestants)
    return f"One row for each of {names}. The table that follows has the same numbers."


def _table(run: Benchmarks, operations: Sequence[Operation], cell: Callable[[Contestant, Operation], str]) -> str:
    """Return a table with a row for each operation and a column for each contestant."""
    rows = [(code(each.title), *(cell(row, each) for row in run.contestants)) for each in operations]
    return table(("Operation", *_titles(run)), rows)


def _titles(run: Benchmarks) -> list[str]:
    return [escape(row.title) for row in run.contestants]


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(parts)


def _view(draw: Callable[[Benchmarks], str], library: Library, page: str) -> str:
    del page
    return draw(library.benchmarks) if library.benchmarks else _NOTHING


VIEWS: Mapping[str, Callable[[Library, str], str]] = {
    "benchmarks-setting": partial(_view, setting),
    "benchmarks-findings": partial(_view, findings),
    "benchmarks-cpu": partial(_view, cpu),
    "benchmarks-latency": partial(_view, latency),
    "benchmarks-rate": partial(_view, rate),
    "benchmarks-features": partial(_view, features),
    "benchmarks-footprint": partial(_view, footprint),
}
"""A view for each part of the page."""
