"""Makes requests meet: all begin at one barrier, and what they wait for is in the suite's hands."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Result = TypeVar("Result")


class Crowd:
    """Callers, each in a thread of its own; leaving the `with` waits for all of them."""

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(max_workers=100)
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=True)

    def start(self, calls: Iterable[Callable[[], Result]]) -> list[Future[Result]]:
        """Let all begin at the same moment."""
        calls = list(calls)
        barrier = threading.Barrier(len(calls))

        def begin(call: Callable[[], Result]) -> Result:
            barrier.wait()
            return call()

        return [self._pool.submit(begin, call) for call in calls]


def at_once(calls: Iterable[Callable[[], Result]]) -> list[Result]:
    """Let all begin at the same moment; return what each got."""
    with Crowd() as crowd:
        return [future.result() for future in crowd.start(calls)]
