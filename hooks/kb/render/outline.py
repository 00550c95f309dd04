"""The decision tree as plain text, for an agent's context and a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.model import Answer, DecisionTree, Question


def outline(tree: DecisionTree) -> str:
    """Return the questions and answers as text; SKILL.md carries it, and the check holds it to the data."""
    questions = enumerate(tree.questions, start=1)
    return "\n\n".join("\n".join(_lines(tree, number, question)) for number, question in questions)


def _lines(tree: DecisionTree, number: int, question: Question) -> Iterator[str]:
    yield f"{number}. {question.title}"
    if question.asked_when:
        conditions = (
            " or ".join(tree.answers[answer][1].label for answer in condition.answers)
            for condition in question.asked_when
        )
        yield f"   asked when the answer is: {' and '.join(conditions)}"
    *others, last = question.answers
    yield from (f"   ├─ {_named(answer)}" for answer in others)
    yield f"   └─ {_named(last)}"


def _named(answer: Answer) -> str:
    """Return the label, and the tools unless the label names them already."""
    unnamed = [tool for tool in answer.tools if tool.lower() not in answer.label.lower()]
    return f"{answer.label} → {', '.join(unnamed)}" if unnamed else answer.label
