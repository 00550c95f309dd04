"""Knows what a run's logs have to show, and what they must not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness.contract import find_operation

if TYPE_CHECKING:
    import httpx


class Traffic:
    """What the suite was answered, and the secrets that it knows."""

    def __init__(self, *known: str) -> None:
        self.answers: dict[str, int] = {}
        """The status of each answer, by its request id."""
        self.seen: set[tuple[str, int]] = set()
        """The statuses with which each operation was answered."""
        self._secrets = set(known)

    def collect(self, response: httpx.Response) -> None:
        """Remember an answer and its tokens."""
        self.answers[response.headers.get("x-request-id", "")] = response.status_code
        if operation := find_operation(response.request):
            self.seen.add((operation["operationId"], response.status_code))
        if response.request.url.path.startswith("/v1/auth/") and response.status_code == 200:
            tokens = json.loads(response.content)
            self._secrets |= {tokens["access_token"], tokens["refresh_token"]}

    def secrets_in(self, text: str) -> set[str]:
        """Return the secrets that a text shows."""
        return {value for value in self._secrets if value in text}
