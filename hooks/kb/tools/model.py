"""What is known of a tool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import date

    from kb.model import Place, SourceId, Stack

ToolId = NewType("ToolId", str)


@dataclass(frozen=True, slots=True)
class Package:
    """Where a tool is published."""

    registry: str
    """`npm`, `go`, `crates` or `pypi`."""
    name: str


@dataclass(frozen=True, slots=True)
class Maintenance:
    """What its makers still do."""

    state: str
    """`active`, `maintenance` for fixes only, `deprecated` where they send you elsewhere, `archived`."""
    note: str


@dataclass(frozen=True, slots=True)
class Tool:
    """An entry of data/tools/: something that a rule, an answer or a table names."""

    id: ToolId
    name: str
    aliases: tuple[str, ...]
    """Other names under which rules speak of it."""
    kind: str
    stacks: tuple[Stack, ...]
    """Empty where it serves every stack."""
    purpose: str
    when_not: str
    licence: str
    """An SPDX expression, or `proprietary`."""
    maintenance: Maintenance
    status: str
    """`adopt`, `trial` or `hold`."""
    reviewed: date
    packages: tuple[Package, ...]
    command: str | None
    """How one begins with it, on one line."""
    sources: tuple[SourceId, ...]
    place: Place
