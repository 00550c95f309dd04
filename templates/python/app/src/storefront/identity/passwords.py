"""Passwords as Argon2id hashes, made where they hold up nobody else."""

from typing import Final

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from argon2.low_level import Type

MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1


class Passwords:
    """Hashes in threads of its own number: each takes 19 MiB and a core for some 30 ms."""

    def __init__(self, at_once: int) -> None:
        self._hasher = PasswordHasher(PASSES, MEMORY_KIB, LANES, type=Type.ID)
        self._limiter = CapacityLimiter(at_once)
        self._nobodys = self._hasher.hash("the password of nobody")

    async def hash(self, password: str) -> str:
        """Return the hash to keep."""
        return await to_thread.run_sync(self._hasher.hash, password, limiter=self._limiter)

    async def verify(self, password: str, kept: str | None) -> bool:
        """Tell whether a password belongs to a hash; where there is none, after the same work."""
        return await to_thread.run_sync(self._verify, password, kept, limiter=self._limiter)

    def _verify(self, password: str, kept: str | None) -> bool:
        try:
            self._hasher.verify(kept or self._nobodys, password)
        except VerificationError:
            return False
        return kept is not None
