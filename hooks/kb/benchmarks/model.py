"""What a measurement of the templates is made of: loads, attempts at higher rates, and what they are summed up to."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from kb.model import Stack


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some values, and the least and the greatest of them."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Sum up values, of which there is at least one."""
        known = sorted(values)
        return cls(statistics.median(known), known[0], known[-1])

    def overlaps(self, other: Spread) -> bool:
        """Whether some value of one lies within the other, so that their order may be chance."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True, slots=True)
class Load:
    """Requests that were sent at a constant rate, and what came of them."""

    rate: int
    """Requests a second."""
    requests: int
    failures: int
    p50_ms: float
    """Half of the answers came within that time from when their requests were due."""
    p95_ms: float
    p99_ms: float
    late_ms: float
    """How late the generator sent a request, in the median; part of the times above."""
    server_us: float
    """CPU time of the application for each request, in microseconds."""
    postgres_us: float
    generator_us: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """A rate that was tried in search of the highest."""

    load: Load
    sustained: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process held in one round."""

    processes: int
    start_bytes: int
    """When it was ready."""
    load_bytes: int
    """After all loads of the round."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that was measured of one application."""

    starts_ms: tuple[float, ...]
    memory: tuple[Memory, ...]
    """By round."""
    loads: Mapping[str, tuple[Load, ...]]
    """By operation, at the operation's own rate, one for each round."""
    climbs: Mapping[str, tuple[Attempt, ...]]
    """By operation, in the order in which they were tried."""

    def spread(self, operation: str, figure: str) -> Spread:
        """Sum up a figure of an operation's loads over the rounds."""
        return Spread.of(getattr(load, figure) for load in self.loads[operation])

    def best(self, operation: str) -> Load | None:
        """Return the load at the highest rate that was sustained, or None where none was."""
        sustained = (attempt.load for attempt in self.climbs[operation] if attempt.sustained)
        return max(sustained, key=lambda load: load.rate, default=None)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A template, and the smallest application of the same framework beside it."""

    id: str
    title: str
    """The framework."""
    stack: Stack
    versions: Mapping[str, str]
    source_lines: int
    application_bytes: int
    runtime_bytes: int
    """Of the language's runtime; 0 where it is part of the application."""
    template: Measured
    minimal: Measured


@dataclass(frozen=True, slots=True)
class Operation:
    """A request that was sent over and over."""

    id: str
    title: str
    rate: int
    """Requests a second at which all applications are compared."""
    climbs: bool
    """Whether the highest rate was looked for."""
    minimal: bool
    """Whether the minimal applications answer it, too."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What it was measured on."""

    processor: str
    cores: int
    memory_bytes: int
    kernel: str


@dataclass(frozen=True, slots=True)
class Settings:
    """How it was measured."""

    rounds: int
    seconds: float
    """How long a load at an operation's own rate lasted."""
    climb_seconds: float
    starts: int
    pool: int
    """Connections of one process to its database."""
    connections: int
    """Requests that the generator had under way at most."""
    timeout_ms: float
    bearable_ms: float
    """What 99 of 100 answers may take at a rate that counts as sustained."""
    products: int
    orders: int


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """One run over all applications, as data/benchmarks.json holds it."""

    measured: date
    commit: str
    modified: bool
    """Whether the templates differed from that commit."""
    machine: Machine
    versions: Mapping[str, str]
    postgres: Mapping[str, str]
    """Settings of PostgreSQL."""
    settings: Settings
    operations: tuple[Operation, ...]
    contestants: tuple[Contestant, ...]
