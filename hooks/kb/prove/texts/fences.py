"""What goes into a check and what comes out of it: fences, tools, findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from kb.problems import InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class TextFence:
    """A code fence in a language that is parsed or linted, not compiled with a stack."""

    language: str
    """First word of the info string."""
    text: str
    """What stands between the marks, without the indentation of the fence itself."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What a parser or a linter says of one line of a fence."""

    fence: int
    """Index among the fences that were checked."""
    line: int
    """Line of the fence's text, counted from 1."""
    check: str
    """`tool:rule`, such as `shellcheck:SC2164`; a parser has no rule: `json`, `make`."""
    message: str


@dataclass(frozen=True, slots=True)
class Tools:
    """The two environments that the tools come from."""

    texts: Path
    """`proofs/texts`: the worker and the locked Python environment `.venv`."""
    node_modules: Path
    """`proofs/node/node_modules`: Node.js and Prisma."""

    @classmethod
    def of(cls, root: Path) -> Tools:
        """Return the tools of the repository at `root`."""
        proofs = root.resolve() / "proofs"  # the tools run in other folders
        return cls(proofs / "texts", proofs / "node" / "node_modules")

    def installed(self, name: str) -> Path:
        """Return where a program of the Python environment lies."""
        return self.texts / ".venv" / "bin" / name

    @property
    def node(self) -> Path:
        """Node.js itself, which is a package for the machine's system and processor."""
        found = sorted(self.node_modules.glob("node-*/bin/node"))
        return found[0] if found else self.node_modules / "node" / "bin" / "node"

    @property
    def prisma(self) -> Path:
        """Prisma's command line, a script for Node.js."""
        return self.node_modules / "prisma" / "build" / "index.js"


Fault: TypeAlias = tuple[int, str]
"""Line and message."""


def each(
    name: str, faults: Callable[[str], Iterable[Fault]]
) -> Callable[[Mapping[int, str], Tools], Iterator[Finding]]:
    """Return a check of many fences made of a parser of one; both its faults and its InvalidError become findings."""

    def check(texts: Mapping[int, str], _: Tools) -> Iterator[Finding]:
        for index, text in texts.items():
            try:
                yield from [Finding(index, line, name, message) for line, message in faults(text)]
            except InvalidError as error:
                for problem in error.problems:
                    yield Finding(index, problem.line, name, problem.message)

    return check
