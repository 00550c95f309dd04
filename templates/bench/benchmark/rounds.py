"""Takes the measurements: rounds at a low rate, in which the applications alternate, and the highest rate of each."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from benchmark.load import LoadError
from benchmark.meters import memory
from benchmark.plan import climb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.application import Api

    from benchmark.arena import Arena
    from benchmark.contender import Contender
    from benchmark.load import Generator, Load
    from benchmark.meters import Memory
    from benchmark.plan import Settings

_WARM_UP_PACE = 4
"""How much faster than the measurement the warm-up is."""
_WARM_UP_RATE = 400
"""What the warm-up never exceeds."""
_BREATH = 0.3
"""Seconds between loads, in which garbage is collected and logs are written."""
_MICROSECONDS = 1e6
_HOPELESS = 4
"""How many times longer than bearable answers may take for a rate to get a second chance: it was the machine, perhaps."""


@dataclass
class Results:
    """Everything that was measured of one contender."""

    memory: list[tuple[Memory, Memory]] = field(default_factory=list)
    """By round: after the start, and after the load."""
    loads: dict[str, list[Load]] = field(default_factory=lambda: defaultdict(list))
    """By operation, at its own rate, a value for each round."""
    climbs: dict[str, list[Load]] = field(default_factory=dict)
    """By operation: all that were tried in search of the highest rate."""


class Race:
    """All contenders and what was measured of them."""

    def __init__(self, contenders: Sequence[Contender], generator: Generator, arena: Arena, settings: Settings) -> None:
        self.results = {id(each): Results() for each in contenders}
        self._contenders = contenders
        self._generator = generator
        self._postgres = arena.pid
        self._settings = settings
        self._begun = time.monotonic()

    def contender(self, contestant: str, kind: str) -> Contender:
        """Return the template or the minimal application of a contestant."""
        minimal = kind == "minimal"
        return next(e for e in self._contenders if (e.contestant.id, e.minimal) == (contestant, minimal))

    def of(self, contender: Contender) -> Results:
        """Return what was measured of a contender."""
        return self.results[id(contender)]

    def run(self) -> None:
        """Measure everything; every other round goes through the contenders from the last to the first."""
        for number in range(self._settings.rounds):
            for contender in self._contenders[:: -1 if number % 2 else 1]:
                self._tell(f"round {number + 1}: {contender.name}")
                with contender.running() as api:
                    self._round(number, contender, api)
        for _ in range(self._settings.starts - self._settings.rounds):
            for contender in self._contenders:
                with contender.running():
                    pass
        self._tell("done")

    def _round(self, number: int, contender: Contender, api: Api) -> None:
        """Measure one contender's process from its start to its end; the climbs are shared out among the rounds."""
        results, requests = self.of(contender), contender.requests(api)
        send = partial(self._generator.send, server=api.process.pid, postgres=self._postgres)
        time.sleep(_BREATH)
        at_start = memory(api.process.pid)
        warm = {
            each.id: send(requests[each.id], min(each.rate * _WARM_UP_PACE, _WARM_UP_RATE), self._settings.warm_up)
            for each in contender.operations
        }
        for operation in contender.operations:
            attempt = partial(send, requests[operation.id], operation.rate, self._settings.seconds)
            results.loads[operation.id].append(self._insist(attempt, f"{contender.name}, {operation.title}"))
        climbing = [each for each in contender.operations if each.climbs]
        for operation in climbing[number :: self._settings.rounds]:
            attempt = partial(send, requests[operation.id], seconds=self._settings.climb_seconds)
            results.climbs[operation.id] = self._climb(attempt, warm[operation.id])
        results.memory.append((at_start, memory(api.process.pid)))

    def _insist(self, attempt: Callable[[], Load], name: str) -> Load:
        """Return a load without failures; a second attempt is made, and told, for the first may have failed by the machine."""
        for _ in range(2):
            time.sleep(_BREATH)
            load = attempt()
            if not load.failures:
                return load
            self._tell(f"{name}: {load.told}")
        message = f"{name} fails twice"
        raise LoadError(message)

    def _climb(self, attempt: Callable[..., Load], known: Load) -> list[Load]:
        """Look for the highest rate, beginning where both cores, or one by the application, would be busy."""
        tried: list[Load] = []

        def holds(rate: int) -> bool:
            for _ in range(2):
                time.sleep(_BREATH)
                tried.append(load := attempt(rate=rate))
                if load.failures or load.p99_ms > self._settings.bearable * _HOPELESS:
                    return False
                if self.is_sustained(load):
                    return True
            return False

        everyone = known.server_us + known.postgres_us + known.generator_us
        climb(holds, _MICROSECONDS / max(everyone / 2, known.server_us))
        return tried

    def is_sustained(self, load: Load) -> bool:
        """Whether everything was answered, and nearly everything soon."""
        return load.failures == 0 and load.p99_ms < self._settings.bearable

    def _tell(self, words: str) -> None:
        print(f"{time.monotonic() - self._begun:6.1f} s  {words}", flush=True)
