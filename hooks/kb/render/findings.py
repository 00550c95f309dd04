"""What follows from the measurement of the templates, in sentences whose numbers and names are those of the run."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from kb.benchmarks.model import Spread
from kb.render.quantities import digits, microseconds, milliseconds, size, times
from kb.render.text import bullets, code, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kb.benchmarks.model import Benchmarks, Contestant, Operation


def findings(run: Benchmarks) -> str:
    """Return the findings as a list."""
    return bullets(_sentences(run))


def _sentences(run: Benchmarks) -> Iterator[str]:
    yield from _costs(run)
    yield from _shares(run)
    yield from _features(run)
    yield from _latencies(run)
    yield from _footprints(run)
    yield from _ties(run)


def _costs(run: Benchmarks) -> Iterator[str]:
    """Tell, for each operation, who needs least and most CPU at the highest rate."""
    for operation in run.operations:
        found = _busy(run, operation) if operation.climbs else {}
        if len(found) > 1:
            (least, low), *_, (most, high) = sorted(found.items(), key=lambda each: each[1])
            yield (
                f"{code(operation.title)} takes from {microseconds(low)} of the application's CPU ({escape(least)}) to"
                f" {microseconds(high)} ({escape(most)}): {times(high / low)}."
            )


def _busy(run: Benchmarks, operation: Operation) -> Mapping[str, float]:
    """Return the application's CPU time for each request at its highest rate, by contestant."""
    best = ((row.title, row.template.best(operation.id)) for row in run.contestants)
    return {title: load.server_us for title, load in best if load and load.server_us}


def _shares(run: Benchmarks) -> Iterator[str]:
    """Tell how much of all CPU PostgreSQL takes, for the operation in which it takes most."""
    shares: dict[str, list[float]] = {}
    for operation in run.operations:
        for row in run.contestants:
            if operation.climbs and (load := row.template.best(operation.id)):
                both = load.server_us + load.postgres_us
                shares.setdefault(operation.title, []).append(load.postgres_us / both)
    if shares:
        title, found = max(shares.items(), key=lambda each: max(each[1]))
        yield (
            f"PostgreSQL takes from {min(found):.0%} to {max(found):.0%} of the CPU that it and the application spend on"
            f" {code(title)}."
        )


def _features(run: Benchmarks) -> Iterator[str]:
    """Tell what the production features cost beside a minimal application."""
    for operation in run.operations:
        factors = {}
        for row in run.contestants:
            if operation.climbs and operation.minimal:
                minimal, template = row.minimal.best(operation.id), row.template.best(operation.id)
                if minimal and template and minimal.server_us:
                    factors[row.title] = template.server_us / minimal.server_us
        if len(factors) > 1:
            (least, low), *_, (most, high) = sorted(factors.items(), key=lambda each: each[1])
            yield (
                f"In a template, {code(operation.title)} takes from {times(low)} ({escape(least)}) to {times(high)}"
                f" ({escape(most)}) the CPU that it takes in a minimal application of the same framework."
            )


def _latencies(run: Benchmarks) -> Iterator[str]:
    """Tell how slow the slowest of 100 answers are at the same rate, where nobody is busy."""
    slowest = {
        operation.title: [row.template.spread(operation.id, "p99_ms").median for row in run.contestants]
        for operation in run.operations
    }
    parts = (f"{code(title)} {digits(min(found))} to {milliseconds(max(found))}" for title, found in slowest.items())
    yield f"At the same rate, 99 of 100 answers come within: {', '.join(parts)}."


def _footprints(run: Benchmarks) -> Iterator[str]:
    """Tell the ranges of memory, cold start and size."""
    told: Sequence[tuple[str, Callable[[Contestant], float], Callable[[float], str]]] = (
        ("After the load a process holds", _held, size),
        ("A cold start takes", lambda row: Spread.of(row.template.starts_ms).median, milliseconds),
        ("An image holds, besides its base system,", lambda row: row.application_bytes + row.runtime_bytes, size),
    )
    for words, figure, shown in told:
        (least, low), *_, (most, high) = sorted(
            ((row.title, figure(row)) for row in run.contestants), key=lambda each: each[1]
        )
        yield f"{words} from {shown(low)} ({escape(least)}) to {shown(high)} ({escape(most)})."


def _held(row: Contestant) -> float:
    return Spread.of(each.load_bytes for each in row.template.memory).median


def _ties(run: Benchmarks) -> Iterator[str]:
    """Tell which templates the rounds do not tell apart."""
    for operation in run.operations:
        spreads = {row.title: row.template.spread(operation.id, "server_us") for row in run.contestants}
        ties = [
            f"{escape(one)} and {escape(other)}"
            for one, other in combinations(spreads, 2)
            if spreads[one].overlaps(spreads[other])
        ]
        if ties:
            yield f"Not told apart by the CPU for {code(operation.title)} at the same rate: {', '.join(ties)}."
