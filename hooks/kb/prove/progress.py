"""Says what takes long while it runs, and how long it took."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 10.0
"""After how many seconds a step is announced that has not ended."""


@contextmanager
def timed(say: Callable[[str], None], doing: str) -> Iterator[None]:
    """Say what is done once it lasts, and how many seconds it took unless that was under one."""
    announcement = Timer(PATIENCE, say, [f"{doing} …"])
    announcement.start()
    started = time.monotonic()
    try:
        yield
    finally:
        announcement.cancel()
    if (seconds := time.monotonic() - started) >= 1:
        say(f"{doing}: {seconds:.1f} s")
