"""What a rule is made of, what its samples are, and what was done with them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NewType

from kb.model import Role, Stack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kb.model import Page, Place, SourceId

RuleId = NewType("RuleId", str)
AreaId = NewType("AreaId", str)


class Level(StrEnum):
    """How strictly a rule binds: must blocks a merge, should is fixed or explained."""

    MUST = "must"
    SHOULD = "should"
    CONSIDER = "consider"


class Verification(StrEnum):
    """What was really done with a sample, best first."""

    PROVED = "proved"
    LINTED = "linted"
    COMPILED = "compiled"
    PARSED = "parsed"


@dataclass(frozen=True, slots=True)
class Sample:
    """One code fence of a rule, for one stack and in one role."""

    rule: RuleId
    stack: Stack
    role: Role
    language: str
    code: str
    place: Place
    """The first line of the code."""

    @property
    def digest(self) -> str:
        """The first 16 hex digits of the SHA-256 of its text."""
        return hashlib.sha256(self.code.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Check:
    """How a breach of a rule is found in somebody else's code."""

    by: str
    """`tool:rule` of a linter, or ast-grep, query, test, review-only."""
    how: str
    stack: Stack | None
    """None where it serves every stack."""
    candidates: bool = False
    """Whether it finds good code as well, so that each hit has to be read."""


@dataclass(frozen=True, slots=True)
class SourceSection:
    """A place in a source that says what a rule says."""

    source: SourceId
    section: str


@dataclass(frozen=True, slots=True)
class Area:
    """A family of rules, and a folder below resources/rules/."""

    id: AreaId
    title: str
    about: str
    place: Place


@dataclass(frozen=True, slots=True)
class Rule:
    """One imperative that a reviewer can cite."""

    id: RuleId
    title: str
    level: Level
    area: AreaId
    failure: str
    """What breaks, in one sentence."""
    not_needed: Mapping[Stack, str]
    """Why a stack has no samples."""
    applies_to: Mapping[str, str]
    """Version ranges by product."""
    tools: tuple[str, ...]
    symptoms: tuple[str, ...]
    checks: tuple[Check, ...]
    sources: tuple[SourceSection, ...]
    related: tuple[RuleId, ...]
    since: date
    reviewed: date
    samples: tuple[Sample, ...]
    page: Page
    place: Place
    lines: Mapping[str, int]
    """Where the front matter names its area, a source or another rule, by that id."""

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """The stacks that have samples, in the order of the site's tabs."""
        return tuple(stack for stack in Stack if any(sample.stack is stack for sample in self.samples))


@dataclass(frozen=True, slots=True)
class GivenId:
    """An id that a rule has or had."""

    id: RuleId
    given: date
    retired: str | None
    """Why the rule no longer exists."""
    successor: RuleId | None
    place: Place


@dataclass(frozen=True, slots=True)
class Verified:
    """What a run did with one sample."""

    rule: RuleId
    stack: Stack
    role: Role
    level: Verification
    digest: str
    """Of the text that was held; see `Sample.digest`."""
    tests: tuple[str, ...]
    """What the proof's tests of this role say, as sentences."""
    linted: tuple[str, ...]
    """The checks that flag the avoid sample and pass the prefer sample."""
    place: Place


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a proof measured."""

    rule: RuleId
    stack: Stack
    name: str
    value: float
    unit: str


@dataclass(frozen=True)
class Run:
    """The last run over all samples, as data/verification.json holds it."""

    versions: Mapping[Stack, Mapping[str, str]]
    samples: tuple[Verified, ...]
    figures: tuple[Figure, ...]

    @cached_property
    def by_sample(self) -> Mapping[tuple[RuleId, Stack, Role], Verified]:
        """What was done, by sample."""
        return {(entry.rule, entry.stack, entry.role): entry for entry in self.samples}

    def of(self, sample: Sample) -> Verified | None:
        """Return what was done with the very text of a sample, or None where it has changed since."""
        entry = self.by_sample.get((sample.rule, sample.stack, sample.role))
        return entry if entry and entry.digest == sample.digest else None
