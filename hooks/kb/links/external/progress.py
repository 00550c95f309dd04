"""How far the check is, told while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from kb.links.external.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_EVERY = 25


class Progress:
    """A line that is rewritten on a terminal; elsewhere one more line now and then."""

    def __init__(self, stream: TextIO, total: int, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._total = total
        self._clock = clock
        self._start = clock()
        self._done = self._dead = self._unknown = 0

    def add(self, verdicts: Iterable[Verdict]) -> None:
        """Count links that were just judged."""
        before = self._done
        for verdict in verdicts:
            self._done += 1
            self._dead += verdict.is_fault
            self._unknown += verdict in {Verdict.UNKNOWN, Verdict.REFUSED}
        if self._stream.isatty():
            self._stream.write(f"\r\x1b[K{self}")
            self._stream.flush()
        elif self._done // _EVERY > before // _EVERY:
            self._stream.write(f"{self}\n")
            self._stream.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._done and self._stream.isatty():
            self._stream.write("\n")

    def __str__(self) -> str:
        """Return the counts and the time since the start."""
        minutes, seconds = divmod(int(self._clock() - self._start), 60)
        counts = f"{self._done}/{self._total} links, {self._dead} dead, {self._unknown} unknown"
        return f"{counts}, {minutes}:{seconds:02}"
