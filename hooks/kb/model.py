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
    from kb.markdown import Outline
    from kb.rules.model import Area, AreaId, GivenId, Rule, RuleId, Run

SourceId = NewType("SourceId", str)
QuestionId = NewType("QuestionId", str)
AnswerId = NewType("AnswerId", str)


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
class Condition:
    """An earlier question, and the answers to it that let a question be asked."""

    question: QuestionId
    answers: tuple[AnswerId, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One way to answer a question of the decision tree."""

    id: AnswerId
    label: str
    tools: tuple[str, ...]
    choose_when: str
    avoid_when: str
    alternative: AnswerId
    """The other answer to the same question that comes nearest."""
    would_change: str
    """What would have to happen for another answer to become right."""
    sources: tuple[SourceId, ...]
    leads_to: tuple[str, ...]
    """Repository paths of the pages to read next."""
    seed: str | None
    """The line of the original skill's tree that this answer stands for."""
    place: Place


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the decision tree."""

    id: QuestionId
    title: str
    help: str
    """What really decides it."""
    asked_when: tuple[Condition, ...]
    """All must hold; empty where the question is always asked."""
    answers: tuple[Answer, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Correction:
    """A pick of the original skill's tree that was replaced, and why."""

    seed: str
    now: AnswerId
    reason: str
    sources: tuple[SourceId, ...]
    place: Place


@dataclass(frozen=True)
class DecisionTree:
    """The questions in the order they are asked."""

    questions: tuple[Question, ...]
    changed_since_seed: tuple[Correction, ...]

    @cached_property
    def answers(self) -> Mapping[AnswerId, tuple[Question, Answer]]:
        """Every answer by id, with its question."""
        return {answer.id: (question, answer) for question in self.questions for answer in question.answers}


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
