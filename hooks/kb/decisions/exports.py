"""The decision tree in forms that other programs read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kb.decisions.model import Answer, DecisionTree, Question
    from kb.model import Source, SourceId
    from kb.tools.model import Tool, ToolId


def as_data(tree: DecisionTree, sources: Mapping[SourceId, Source], tools: Mapping[ToolId, Tool]) -> dict[str, Any]:
    """Return the whole tree, for other programs."""
    return {
        "questions": [_question(question, sources, tools) for question in tree.questions],
        "templates": [{"stack": each.stack, "answers": list(each.answers)} for each in tree.starters],
        "retired": {each.id: each.successor for each in tree.retired},
    }


def _question(question: Question, sources: Mapping[SourceId, Source], tools: Mapping[ToolId, Tool]) -> dict[str, Any]:
    return {
        "id": question.id,
        "title": question.title,
        "asked_when": {earlier: list(answers) for earlier, answers in question.asked_when.items()},
        "answers": [_answer(answer, sources, tools) for answer in question.answers],
    }


def _answer(answer: Answer, sources: Mapping[SourceId, Source], tools: Mapping[ToolId, Tool]) -> dict[str, Any]:
    return {
        "id": answer.id,
        "label": answer.label,
        "kind": answer.kind,
        "tools": [tools[tool].name for tool in answer.tools],
        "languages": {
            language: [tools[tool].name for tool in variant.tools] for language, variant in answer.variants.items()
        },
        "choose_when": answer.choose_when,
        "avoid_when": answer.avoid_when,
        "conflicts": [{"answer": each.answer, "why": each.why} for each in answer.conflicts],
        "requires": [{"answers": list(each.answers), "why": each.why} for each in answer.requires],
        "sources": [sources[source].url for source in answer.sources],
    }


def choices(tree: DecisionTree, sources: Mapping[SourceId, Source]) -> dict[str, Any]:
    """Return what the page's script has to know; the page itself says the rest."""
    return {
        "questions": [
            {
                "id": question.id,
                "title": question.title,
                "asked_when": {earlier: list(answers) for earlier, answers in question.asked_when.items()},
                "answers": [_choice(answer, sources) for answer in question.answers],
            }
            for question in tree.questions
        ],
        "templates": [{"stack": each.stack, "answers": list(each.answers)} for each in tree.starters],
        "retired": {each.id: each.successor for each in tree.retired},
    }


def _choice(answer: Answer, sources: Mapping[SourceId, Source]) -> dict[str, Any]:
    return {
        "id": answer.id,
        "label": answer.label,
        "kind": answer.kind,
        "languages": list(answer.variants),
        "conflicts": [{"answer": each.answer, "why": each.why} for each in answer.conflicts],
        "requires": [{"answers": list(each.answers), "why": each.why} for each in answer.requires],
        "sources": [sources[source].url for source in answer.sources],
    }


def as_json(data: Mapping[str, Any]) -> str:
    """Return the data as JSON without needless characters."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def as_mermaid(tree: DecisionTree) -> str:
    """Return the tree in the language of Mermaid, which code hosts draw."""
    lines = ["flowchart TD"]
    for question in tree.questions:
        lines.append(f'  {question.id}["{_quoted(question.title)}"]')
        lines += [f'  {question.id} --> {each.id}("{_quoted(each.label)}")' for each in question.answers]
        for answers in question.asked_when.values():
            lines += [f"  {answer} --> {question.id}" for answer in answers]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return text.replace('"', "#quot;")
