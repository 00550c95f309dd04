"""Reads what processes have used: CPU time to the nanosecond, and memory, of a process and all that descends from it."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_WAITED_FOR = slice(13, 15)
"""Where /proc/PID/stat has the CPU time of ended children, user's and system's, counted behind the command's name."""


def tree(pid: int) -> list[int]:
    """Return a process and its descendants."""
    children: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children += map(int, (thread / "children").read_text().split())
    return [pid, *(each for child in children for each in tree(child))]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time, user's and system's, of a process, its descendants, and those of them that have ended."""
    return sum(_own(each) + _of_ended_children(each) for each in tree(pid))


def _own(pid: int) -> float:
    """Return a process's CPU time from its clock, which is what clock_getcpuclockid(3) finds for it."""
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0


def _of_ended_children(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[_WAITED_FOR])) / _TICKS


@dataclass(frozen=True)
class Memory:
    """How much memory a process and its descendants hold."""

    processes: int
    bytes: int
    """The resident set of one process; of several, their proportional shares."""


def memory(pid: int) -> Memory:
    """Return the memory of a process and its descendants."""
    everyone = tree(pid)
    wanted = "Rss:" if len(everyone) == 1 else "Pss:"
    return Memory(len(everyone), sum(_kibibytes(each, wanted) for each in everyone) * 1024)


def _kibibytes(pid: int, wanted: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(words[1]) for words in map(str.split, lines) if words[0] == wanted)
