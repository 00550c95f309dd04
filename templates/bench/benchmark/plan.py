"""What is measured, at which rates, how often: the settings of a run, and the rates that are tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Operation:
    """A request that is sent over and over."""

    id: str
    title: str
    rate: int
    """Requests a second at which latency and CPU are measured; low enough for every application."""
    climbs: bool
    """Whether the highest rate is looked for."""
    minimal: bool = False
    """Whether the minimal applications answer it, too."""


OPERATIONS = (
    Operation("healthz", "GET /healthz", 1000, climbs=False, minimal=True),
    Operation("product", "GET /v1/products/{id}", 100, climbs=True, minimal=True),
    Operation("products", "GET /v1/products?limit=20", 100, climbs=True, minimal=True),
    Operation("orders", "GET /v1/orders?limit=20", 100, climbs=True),
    Operation("place", "POST /v1/orders", 50, climbs=True),
    Operation("sign-in", "POST /v1/auth/sign-in", 10, climbs=True),
)
"""Those that write come last, so that what they leave behind disturbs no other."""


@dataclass(frozen=True)
class Settings:
    """How much of everything."""

    rounds: int = 3
    seconds: float = 2.5
    """How long a load at an operation's own rate lasts."""
    climb_seconds: float = 2.0
    """How long a rate of the ladder is tried: overload of a rung's height shows in that time."""
    warm_up: float = 0.5
    """Seconds of each operation, at four times its rate, before anything is measured."""
    starts: int = 5
    """How many starts are timed: that of each round, and further ones."""
    pool: int = 10
    """Connections of one process."""
    connections: int = 512
    """Requests that the generator has under way at once; further ones wait, and their wait counts."""
    timeout: float = 2.0
    """Seconds after which a request has failed."""
    bearable: float = 250.0
    """Milliseconds that 99 of 100 answers may take at a rate that counts as sustained."""
    products: int = 10_000
    orders: int = 200


_LONGEST_STRIDE = 4
"""How many rungs are passed over at once."""
_STEPS = (10, 13, 16, 20, 25, 32, 40, 50, 63, 80)
LADDER = tuple(step * 10**power for power in range(4) for step in _STEPS)
"""Rates, each about a quarter above the one before."""


def rung(rate: float) -> int:
    """Return the highest rung of the ladder that is no more than a rate, or the lowest."""
    return max((index for index, step in enumerate(LADDER) if step <= rate), default=0)


def climb(holds: Callable[[int], bool], guess: float) -> None:
    """Try rates of the ladder, in strides from a guess and then halving, until one holds whose next does not."""
    low, high = -1, len(LADDER)  # holds; does not hold
    at, stride = rung(guess), 2
    while high - low > 1:
        if holds(LADDER[at]):
            low = at
        else:
            high = at
        if high == len(LADDER):
            at, stride = min(low + stride, high - 1), _LONGEST_STRIDE
        elif low == -1:
            at, stride = max(high - stride, 0), _LONGEST_STRIDE
        else:
            at = (low + high) // 2
