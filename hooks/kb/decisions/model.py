"""What the decision tree is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from kb.model import Place, SourceId, Stack
    from kb.rules.model import RuleId
    from kb.tools.model import ToolId

QuestionId = NewType("QuestionId", str)
AnswerId = NewType("AnswerId", str)

LANGUAGE = QuestionId("language")
"""The question whose answers are the stacks; what depends on the language depends on its answer."""


class Kind(StrEnum):
    """What an answer says of its question."""

    CHOICE = "choice"
    NOT_NEEDED = "not-needed"
    NONE_FITS = "none-fits"


@dataclass(frozen=True, slots=True)
class Variant:
    """What an answer means in one language."""

    tools: tuple[ToolId, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Reversal:
    """What it costs to go back on an answer in a service that runs."""

    cost: str
    """`hours`, `days`, `weeks` or `months`."""
    why: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """An answer to another question that cannot stand beside this one."""

    answer: AnswerId
    why: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """Answers to other questions of which one has to be chosen, if their question is asked."""

    answers: tuple[AnswerId, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One way to answer a question of the decision tree."""

    id: AnswerId
    label: str
    kind: Kind
    tools: tuple[ToolId, ...]
    variants: Mapping[Stack, Variant]
    """Empty where the answer is offered whatever the language; else it is offered for these only."""
    choose_when: str
    avoid_when: str
    alternative: AnswerId
    """The other answer to the same question that comes nearest."""
    would_change: str
    """What would have to happen for another answer to become right."""
    reversal: Reversal
    conflicts: tuple[Conflict, ...]
    requires: tuple[Requirement, ...]
    rules: tuple[RuleId, ...]
    sources: tuple[SourceId, ...]
    leads_to: tuple[str, ...]
    """Repository paths of the pages to read next."""
    seed: str | None
    """The line of the original skill's tree that this answer stands for."""
    place: Place

    @property
    def all_tools(self) -> tuple[ToolId, ...]:
        """The tools of every language, each once."""
        everywhere = (tool for variant in self.variants.values() for tool in variant.tools)
        return tuple(dict.fromkeys((*self.tools, *everywhere)))


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to take when nothing speaks against it."""

    languages: tuple[Stack, ...]
    """Empty: for every language."""
    answer: AnswerId
    why: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the decision tree."""

    id: QuestionId
    title: str
    help: str
    """What really decides it."""
    asked_when: Mapping[QuestionId, tuple[AnswerId, ...]]
    """By earlier question, the answers that let this one be asked; all must hold."""
    recommended: tuple[Recommendation, ...]
    answers: tuple[Answer, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Starter:
    """What a template stands for: its answer to each question that applies to it."""

    stack: Stack
    answers: tuple[AnswerId, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Retired:
    """An id that was an address once."""

    kind: str
    """`question` or `answer`."""
    id: str
    successor: str | None
    reason: str
    on: date
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
    starters: tuple[Starter, ...]
    retired: tuple[Retired, ...]
    changed_since_seed: tuple[Correction, ...]

    @cached_property
    def answers(self) -> Mapping[AnswerId, tuple[Question, Answer]]:
        """Every answer by id, with its question."""
        return {answer.id: (question, answer) for question in self.questions for answer in question.answers}
