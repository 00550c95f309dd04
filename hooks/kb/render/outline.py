"""The decision tree as plain text, for an agent's context and a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kb.decisions.model import Answer, AnswerId, DecisionTree, Question
    from kb.tools.model import Tool, ToolId


SKILL = "SKILL.md"
"""The page that carries the outline, in its first fence of plain text."""


def outline(tree: DecisionTree, tools: Iterable[Tool]) -> str:
    """Return the questions and answers as text; SKILL.md carries it, and the check holds it to the data."""
    names = {tool.id: tool.name for tool in tools}
    questions = enumerate(tree.questions, start=1)
    return "\n\n".join("\n".join(_lines(tree, names, number, question)) for number, question in questions)


def with_outline(text: str, tree: DecisionTree, tools: Iterable[Tool]) -> str:
    """Return SKILL.md's text with the outline in its fence."""
    above, opening, fenced = text.partition("\n```text\n")
    _, closing, below = fenced.partition("\n```")
    return "".join((above, opening, outline(tree, tools), closing, below)) if closing else text


def _lines(tree: DecisionTree, names: Mapping[ToolId, str], number: int, question: Question) -> Iterator[str]:
    yield f"{number}. {question.title} ({question.id})"
    if question.asked_when:
        conditions = (_alternatives(tree, answers) for answers in question.asked_when.values())
        yield f"   asked when the answer is: {' and '.join(conditions)}"
    *others, last = question.answers
    yield from (f"   ├─ {_named(question, names, answer)}" for answer in others)
    yield f"   └─ {_named(question, names, last)}"


def _alternatives(tree: DecisionTree, answers: Iterable[AnswerId]) -> str:
    return " or ".join(tree.answers[answer][1].label for answer in answers)


def _named(question: Question, names: Mapping[ToolId, str], answer: Answer) -> str:
    """Return the label, the tools unless the label names them already, and for whom it is recommended."""
    parts = [f"{answer.label} ({answer.id})"]
    unnamed = [name for tool in answer.tools if (name := names.get(tool, tool)).lower() not in answer.label.lower()]
    by_language = [
        f"{language.label}: {', '.join(names.get(tool, tool) for tool in variant.tools)}"
        if variant.tools
        else language.label
        for language, variant in answer.variants.items()
    ]
    if unnamed or by_language:
        parts.append(f"→ {'; '.join([', '.join(unnamed), *by_language] if unnamed else by_language)}")
    if praise := _praise(question, answer):
        parts.append(praise)
    return " ".join(parts)


def _praise(question: Question, answer: Answer) -> str:
    languages = [each.languages for each in question.recommended if each.answer == answer.id]
    if not languages:
        return ""
    named = [language.label for each in languages for language in each]
    return f"[recommended for {', '.join(named)}]" if named else "[recommended]"
