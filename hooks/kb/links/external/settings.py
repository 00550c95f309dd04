"""How a run behaves, and what it takes from its surroundings."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from kb.links.external.guard import is_public, look_up

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from kb.links.external.guard import Address, Resolve

USER_AGENT = f"kb-link-check/1 (checks the outside links of a knowledge base; httpx/{httpx.__version__})"


def today() -> datetime:
    """Return the date and the time of day, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person can choose, and bounds that nobody has to."""

    concurrency: int = 8
    """Requests under way at once, over all hosts."""
    pause: float = 1.0
    """Seconds between the end of a request to a host and the next one to it."""
    timeout: float = 20.0
    """Seconds until the head of an answer has to be there; its body has as long again."""
    retries: int = 2
    user_agent: str = USER_AGENT
    allow_private: bool = False
    hops: int = 10
    """Redirects that are followed for one link."""
    patience: float = 60.0
    """The longest Retry-After, in seconds, that is waited for; a longer one ends the tries."""
    size: int = 2 * 1024 * 1024
    """Bytes of a page, decompressed, that are searched for its ids."""


@dataclass(frozen=True, slots=True)
class World:
    """Clocks, chance and network; tests bring their own."""

    now: Callable[[], datetime] = today
    """The date, for what outlives the run."""
    clock: Callable[[], float] = time.monotonic
    """Seconds that never jump, for pauses."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    random: Callable[[], float] = random.random
    resolve: Resolve = look_up
    is_public: Callable[[Address], bool] = is_public
    trust: Callable[[], ssl.SSLContext] = httpx.create_ssl_context
