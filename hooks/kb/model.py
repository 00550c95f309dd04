"""What the knowledge base is made of: frozen values that exist only when they are consistent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NewType

from kb.addresses import folders_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kb.benchmarks.model import Benchmarks
    from kb.decisions.model import DecisionTree
    from kb.markdown import Outline
    from kb.rules.model import Area, AreaId, GivenId, Rule, RuleId, Run
    from kb.tools.model import Package, Tool, ToolId

SourceId = NewType("SourceId", str)


class Stack(StrEnum):
    """A language and its frameworks; `sql` where the matter is PostgreSQL itself."""

    NODE = "node"
    GO = "go"
    RUST = "rust"
    PYTHON = "python"
    SQL = "sql"

    @property
    def label(self) -> str:
        """The name on the site; tabs are linked by it."""
        return {"node": "Node.js", "sql": "SQL"}.get(self.value, self.value.capitalize())


class Role(StrEnum):
    """What a sample shows: the failure, or the way that holds."""

    AVOID = "avoid"
    PREFER = "prefer"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the repository something is written."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of data/sources.json: what a rule, a page or an answer rests on."""

    id: SourceId
    title: str
    url: str
    publisher: str
    kind: str
    stacks: tuple[Stack, ...]
    """Empty where the source serves every stack."""
    topics: tuple[str, ...]
    good_for: str
    """The question that this source answers best."""
    consulted: date
    place: Place


@dataclass(frozen=True, slots=True)
class Page:
    """A Markdown file of the repository that the site shows."""

    path: str
    uri: str
    """Address below the site's root, ending in `.md`."""
    title: str
    description: str
    """One sentence for search engines and link previews."""
    settings: Mapping[str, object]
    """Front matter that is passed on to the site, such as `hide`."""
    body: str
    """The text below the front matter."""
    first_line: int
    """Line of the file at which `body` begins."""
    outline: Outline
    """Headings, links and fences of `body`, at their lines in the file."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A place that rests on a source."""

    title: str
    uri: str
    place: Place


@dataclass(frozen=True)
class Library:
    """Everything that the site says, consistent in itself."""

    pages: Mapping[str, Page]
    """By repository path."""
    sources: Mapping[SourceId, Source]
    tree: DecisionTree
    tools: Mapping[ToolId, Tool]
    """By id, in the order of their names."""
    versions: Mapping[Package, str]
    """Of each package that a template or a proof is built with."""
    areas: Mapping[AreaId, Area]
    rules: Mapping[RuleId, Rule]
    """By id, in the order of their numbers."""
    ids: tuple[GivenId, ...]
    """Every id that a rule has or had."""
    run: Run
    benchmarks: Benchmarks | None
    """None where nothing was measured."""
    citations: Mapping[SourceId, tuple[Citation, ...]]
    files: frozenset[str]
    """Every file of the repository, as a path from its root."""

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a file, `.` for the root."""
        return folders_of(self.files)

    @cached_property
    def cited_by(self) -> Mapping[str, frozenset[SourceId]]:
        """The sources that a page, given by its uri, rests on."""
        found: dict[str, set[SourceId]] = defaultdict(set)
        for source, citations in self.citations.items():
            for citation in citations:
                found[citation.uri].add(source)
        return {uri: frozenset(sources) for uri, sources in found.items()}
