"""Starts an application's processes, keeps what they print, and lets none of them outlive the run."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

PATIENCE = 20.0
"""Seconds that anything may take that has no bound of its own."""

Met = TypeVar("Met")


def wait_until(condition: Callable[[], Met], what: str, *, within: float = PATIENCE, every: float = 0.02) -> Met:
    """Return the condition's first true value."""
    deadline = time.monotonic() + within
    while not (met := condition()):
        assert time.monotonic() < deadline, f"not within {within:g} s: {what}"
        time.sleep(every)
    return met


def free_port() -> int:
    """Return a port that nobody listens on, below those that the system gives to clients."""
    while True:
        port = random.randint(20_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


class Process:
    """A running command, in a process group of its own."""

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str], logs: Path
    ) -> None:
        """Start it; what it prints goes to two files."""
        self.name = name
        self._shown: dict[Path, int] = {}
        self.stdout = logs / f"{name}.out"
        self.stderr = logs / f"{name}.err"
        with self.stdout.open("wb") as out, self.stderr.open("wb") as err:
            self._popen = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The id of the process itself."""
        return self._popen.pid

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._popen.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process itself, as an orchestrator does."""
        self._popen.send_signal(number)

    def wait(self, within: float = PATIENCE) -> int:
        """Return the exit code."""
        try:
            return self._popen.wait(within)
        except subprocess.TimeoutExpired:
            message = f"{self.name} has not ended within {within:g} s\n{self.tail()}"
            raise AssertionError(message) from None

    def kill(self) -> None:
        """End it and everything that it started, at once."""
        if self.code is None:  # or the number of its group may be another's by now
            os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()

    def lines(self) -> list[str]:
        """Return the whole lines of its standard output so far."""
        text = self.stdout.read_text(encoding="utf-8", errors="replace")
        return text[: text.rfind("\n") + 1].splitlines()

    def records(self) -> list[dict[str, Any]]:
        """Return its log, which is JSON line by line."""
        return [json.loads(line) for line in self.lines()]

    def errors(self) -> str:
        """Return what it wrote to standard error."""
        return self.stderr.read_text(encoding="utf-8", errors="replace")

    def begin_tail(self) -> None:
        """Let what it printed so far be nobody's interest."""
        self._shown = {path: path.stat().st_size for path in (self.stdout, self.stderr)}

    def tail(self, lines: int = 15) -> str:
        """Return the end of what it printed since."""
        parts = []
        for path in (self.stdout, self.stderr):
            text = path.read_bytes()[self._shown.get(path, 0) :].decode(errors="replace")
            if text.strip():
                parts += [f"--- {path.name}", *(line[:400] for line in text.splitlines()[-lines:])]
        return "\n".join(parts)
