"""What can be wrong with the repository, and how each fault is told to a person."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kb.model import Place


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault at one place."""

    path: str
    """Path of the file, relative to the repository root, with forward slashes."""
    line: int
    """Line of the fault, counted from 1."""
    code: str
    """A key of `kb.catalogue.KINDS`."""
    message: str
    hint: str = ""
    """How to mend it; the nearest match where there is one."""
    subject: str = ""
    """What is at fault as the author wrote it; two views of one fault agree in it."""

    def __str__(self) -> str:
        """Return `path:line: code message (hint)`, the form that editors can jump to."""
        tail = f" ({self.hint})" if self.hint else ""
        return f"{self.path}:{self.line}: {self.code} {self.message}{tail}"


class InvalidError(Exception):
    """The files do not make a consistent library; holds every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, sorted by place."""
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def closest(wanted: str, known: Iterable[str]) -> str:
    """Return the known word most like the wanted one, or an empty string where none is like it."""
    return _closest(wanted, frozenset(known))


@lru_cache(maxsize=4096)
def _closest(wanted: str, known: frozenset[str]) -> str:
    """Remember what was asked: a dead link tends to stand on many pages."""
    exact = [word for word in known if word.lower() == wanted.lower()]
    close = [min(exact)] if exact else difflib.get_close_matches(wanted, sorted(known), n=1)
    return close[0] if close else ""


def nearest(wanted: str, known: Iterable[str]) -> str:
    """Return `did you mean X?` for the closest known word, or an empty string."""
    word = closest(wanted, known)
    return f"did you mean {word}?" if word else ""


def repeated(entries: Iterable[tuple[str, Place]], code: str, what: str) -> Iterator[Problem]:
    """Yield a problem for each value that an earlier entry has; `what` says what the value is."""
    first: dict[str, Place] = {}
    for value, place in entries:
        if (earlier := first.setdefault(value, place)) != place:
            where = f"line {earlier.line}" if earlier.path == place.path else earlier.path
            yield Problem(place.path, place.line, code, f"{what} `{value}` is taken by {where}")
