"""How the decision tree is read from its file, which fits its schema."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from kb.decisions.model import (
    Answer,
    AnswerId,
    Conflict,
    Correction,
    DecisionTree,
    Kind,
    Question,
    QuestionId,
    Recommendation,
    Requirement,
    Retired,
    Reversal,
    Starter,
    Variant,
)
from kb.model import Place, SourceId, Stack
from kb.rules.model import RuleId
from kb.tools.model import ToolId

if TYPE_CHECKING:
    from kb.documents import Document


def tree(document: Document) -> DecisionTree:
    """Return the questions of data/decision-tree.json, and what it says of templates, old ids and the original."""

    def place(*pointer: str | int) -> Place:
        return Place(document.path, document.line(*pointer))

    value = document.value
    return DecisionTree(
        questions=tuple(_question(document, index, entry) for index, entry in enumerate(value["questions"])),
        starters=tuple(
            Starter(Stack(entry["stack"]), _answers(entry["answers"]), place("templates", index))
            for index, entry in enumerate(value["templates"])
        ),
        retired=tuple(
            Retired(**{**entry, "on": date.fromisoformat(entry["on"])}, place=place("retired", index))
            for index, entry in enumerate(value["retired"])
        ),
        changed_since_seed=tuple(
            Correction(
                seed=entry["seed"],
                now=AnswerId(entry["now"]),
                reason=entry["reason"],
                sources=tuple(map(SourceId, entry["sources"])),
                place=place("changed_since_seed", index),
            )
            for index, entry in enumerate(value["changed_since_seed"])
        ),
    )


def _question(document: Document, index: int, entry: dict[str, Any]) -> Question:
    return Question(
        id=QuestionId(entry["id"]),
        title=entry["title"],
        help=entry["help"],
        asked_when={QuestionId(earlier): _answers(answers) for earlier, answers in entry["asked_when"].items()},
        recommended=tuple(
            Recommendation(tuple(map(Stack, each["languages"])), AnswerId(each["answer"]), each["why"])
            for each in entry["recommended"]
        ),
        answers=tuple(
            _answer(answer, Place(document.path, document.line("questions", index, "answers", number, "id")))
            for number, answer in enumerate(entry["answers"])
        ),
        place=Place(document.path, document.line("questions", index, "id")),
    )


def _answer(entry: dict[str, Any], place: Place) -> Answer:
    return Answer(
        id=AnswerId(entry["id"]),
        label=entry["label"],
        kind=Kind(entry["kind"]),
        tools=tuple(map(ToolId, entry["tools"])),
        variants={
            Stack(language): Variant(tuple(map(ToolId, each["tools"])), each["note"])
            for language, each in entry["languages"].items()
        },
        choose_when=entry["choose_when"],
        avoid_when=entry["avoid_when"],
        alternative=AnswerId(entry["alternative"]),
        would_change=entry["would_change"],
        reversal=Reversal(**entry["reversal"]),
        conflicts=tuple(Conflict(AnswerId(each["answer"]), each["why"]) for each in entry["conflicts"]),
        requires=tuple(Requirement(_answers(each["answers"]), each["why"]) for each in entry["requires"]),
        rules=tuple(map(RuleId, entry["rules"])),
        sources=tuple(map(SourceId, entry["sources"])),
        leads_to=tuple(entry["leads_to"]),
        seed=entry["seed"],
        place=place,
    )


def _answers(ids: list[str]) -> tuple[AnswerId, ...]:
    return tuple(map(AnswerId, ids))
