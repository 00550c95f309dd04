"""What a measurement depends on besides the applications: the machine, the versions, the commit."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from harness.places import ROOT, TEMPLATES

from benchmark.locks import versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmark.contestants import Contestant

_VEGETA = "github.com/tsenart/vegeta/v12"
_NUMBER = re.compile(r"\d+(\.\d+)+")


def machine() -> Mapping[str, str | int]:
    """Return what is known of the machine."""
    return {
        "processor": _field(Path("/proc/cpuinfo"), "model name"),
        "cores": os.cpu_count() or 0,
        "memory_bytes": int(_field(Path("/proc/meminfo"), "MemTotal").split()[0]) * 1024,
        "kernel": f"{os.uname().sysname} {os.uname().release}",
    }


def commit() -> Mapping[str, str | bool]:
    """Return the commit that was measured, and whether the templates differed from it."""
    changes = _git("status", "--porcelain", "--", "templates")
    return {"commit": _git("rev-parse", "HEAD"), "modified": bool(changes)}


def generator_version() -> str:
    """Return the version of the load generator's library."""
    return versions(TEMPLATES / "bench/load/go.mod")[_VEGETA]


def versions_of(contestant: Contestant) -> Mapping[str, str]:
    """Return the versions of the language and of the libraries that matter."""
    told = subprocess.run(
        contestant.language,
        cwd=contestant.full.folder,
        env=dict(contestant.full.environment),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    language = {"node": "Node.js", "go": "Go", "rust": "Rust", "python": "Python"}[contestant.stack]
    number = _NUMBER.search(told)
    locked = {name: version for lock in contestant.locks for name, version in versions(lock).items()}
    return {
        language: number[0] if number else told,
        **{name: locked[key] for name, key in contestant.libraries.items()},
    }


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _field(path: Path, name: str) -> str:
    lines = (line.partition(":") for line in path.read_text(encoding="utf-8").splitlines())
    return next(value.strip() for key, _, value in lines if key.strip() == name)
