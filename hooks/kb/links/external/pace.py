"""When the next request may go out."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from kb.links.external.settings import Settings, World


class Pace:
    """Lets requests through one at a time per host, a pause apart, and not too many over all hosts."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._pause = settings.pause
        self._world = world
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._hosts: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._not_before: defaultdict[str, float] = defaultdict(float)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait until the host may be asked; it is asked for as long as the context lasts."""
        async with self._hosts[host]:
            while (wait := self._not_before[host] - self._world.clock()) > 0:
                await self._world.sleep(wait)
            async with self._slots:
                try:
                    yield
                finally:
                    self.hold(host, self._pause)

    def hold(self, host: str, seconds: float) -> None:
        """Let nobody ask the host for some seconds: whatever page it was busy with, it is the host that is busy."""
        self._not_before[host] = max(self._not_before[host], self._world.clock() + seconds)
