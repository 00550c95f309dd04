"""How often somebody may ask, counted in this process."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from storefront.web.problems import Kind, Problem


class RateLimit:
    """A bucket for each key, which holds a minute's worth and fills up again steadily."""

    def __init__(self, per_minute: int, *, keys: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = per_minute
        self._seconds_each = 60 / per_minute
        self._keys = keys
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()
        """When each bucket will be full again; the least recently used come first, and are forgotten first."""

    def take(self, key: str) -> None:
        """Count a request.

        Raises:
            Problem: There were too many.
        """
        now = self._clock()
        full_at = max(self._full_at.get(key, now), now) + self._seconds_each
        wait = full_at - now - self._capacity * self._seconds_each
        if wait > 0:
            raise Problem(Kind.TOO_MANY_REQUESTS, headers={"Retry-After": str(math.ceil(wait))})
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._keys:
            self._full_at.popitem(last=False)
