"""The decision tree in forms that other programs read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kb.decisions.model import Answer, DecisionTree
    from kb.model import Source, SourceId
    from kb.tools.model import Tool, ToolId


def as_data(tree: DecisionTree, sources: Mapping[SourceId, Source], tools: Mapping[ToolId, Tool]) -> dict[str, Any]:
    """Return the whole tree, for other programs; `data/schema/tree-export.schema.json` has its form."""
    return _data(tree, lambda answer: _choice(answer, sources) | _reasons(answer, tools))


def choices(tree: DecisionTree, sources: Mapping[SourceId, Source]) -> dict[str, Any]:
    """Return what the page's script has to know; the page itself says the rest."""
    return _data(tree, lambda answer: _choice(answer, sources))


def _data(tree: DecisionTree, told: Callable[[Answer], dict[str, Any]]) -> dict[str, Any]:
    return {
        "questions": [
            {
                "id": question.id,
                "title": question.title,
                "asked_when": {earlier: list(answers) for earlier, answers in question.asked_when.items()},
                "answers": [told(answer) for answer in question.answers],
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


def _reasons(answer: Answer, tools: Mapping[ToolId, Tool]) -> dict[str, Any]:
    own = {language: variant.tools for language, variant in answer.variants.items()}
    return {
        "choose_when": answer.choose_when,
        "avoid_when": answer.avoid_when,
        "tools": [tools[tool].name for tool in answer.tools],
        "tools_by_language": {language: [tools[tool].name for tool in named] for language, named in own.items()},
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
