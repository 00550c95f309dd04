"""What the harness asks of a stack: where a module goes, what its compilers say, what its proofs show."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kb.model import Role, Stack


COMPILERS = frozenset({"tsc", "go", "rustc", "mypy", "pglast"})
"""The checks of a `Diagnostic` that say that a module cannot be built; all others are linters'."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What a compiler or a linter says of one line of a project."""

    path: str
    """Relative to the project's folder, with forward slashes."""
    line: int
    """Counted from 1."""
    check: str
    """`tool:rule`, such as `ruff:ASYNC210`; a compiler's error has no rule: `tsc`, `go`, `rustc`, `mypy`."""
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test of a proof ended."""

    rule: str
    """Upper case, such as `BK104`."""
    role: Role
    sentence: str
    """The test's name as a sentence, without its role: `two retries both charge`."""
    passed: bool
    message: str = ""
    """Why it failed, as the runner printed it; at most 30 lines."""
    path: str = ""
    """The file that failed, relative to the project's folder; empty where unknown."""
    line: int = 0
    seconds: float = 0.0


class ToolchainError(Exception):
    """A tool is missing or did not do its work, so that nothing can be said about the modules."""


class Toolchain(Protocol):
    """A stack's compilers, linters and test runner, at work in one project folder."""

    stack: Stack
    languages: frozenset[str]
    """Info strings of the fences that it compiles."""

    def sample_path(self, rule: str, role: Role) -> str:
        """Return where a rule's sample goes, relative to the project's folder."""

    def fence_path(self, name: str) -> str:
        """Return where any other fence goes; `name` is unique and made of lower-case letters, digits and `_`."""

    def glue(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return files, by path, that make the modules known to the project; most stacks need none."""

    def missing(self) -> Sequence[str]:
        """Return what this machine lacks, each as `name: how to get it`."""

    def install(self, project: Path) -> None:
        """Install the project's locked dependencies; quick when that was done before."""

    def versions(self, project: Path) -> Mapping[str, str]:
        """Return the versions of the language, the compiler and the main libraries, read from tools and lock files."""

    def compile(self, project: Path, paths: Sequence[str]) -> Sequence[Diagnostic]:
        """Compile or type-check and lint the modules and the proofs; an empty result means that all hold."""

    def prove(self, project: Path, rules: Sequence[str], environment: Mapping[str, str]) -> Sequence[Outcome]:
        """Run the proofs of the rules; what cannot be compiled raises a ToolchainError with the compiler's words."""


def shared_cache() -> Path:
    """Return the folder for what serves every clone of the repository on this machine."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "software-backend"


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None, timeout: float = 1800
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder with its output captured; `environment` is added to this process's own.

    Raises:
        ToolchainError: The command does not exist or does not end in time.
    """
    try:
        return subprocess.run(  # noqa: S603 - the harness starts compilers by trade
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        message = f"{command[0]} is not installed"
        raise ToolchainError(message) from error
    except subprocess.TimeoutExpired as error:
        message = f"`{' '.join(command)}` did not end within {timeout:.0f} s"
        raise ToolchainError(message) from error
