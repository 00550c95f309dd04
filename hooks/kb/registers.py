"""How the register of sources and the decision tree are read from their files."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from kb.model import (
    Answer,
    AnswerId,
    Condition,
    Correction,
    DecisionTree,
    Place,
    Question,
    QuestionId,
    Source,
    SourceId,
    Stack,
)

if TYPE_CHECKING:
    from kb.documents import Document


def sources(document: Document) -> list[Source]:
    """Return the entries of data/sources.json."""
    return [
        Source(
            id=SourceId(entry["id"]),
            title=entry["title"],
            url=entry["url"],
            publisher=entry["publisher"],
            kind=entry["kind"],
            stacks=tuple(map(Stack, entry["stacks"])),
            topics=tuple(entry["topics"]),
            good_for=entry["good_for"],
            consulted=date.fromisoformat(entry["consulted"]),
            place=Place(document.path, document.line("sources", index, "id")),
        )
        for index, entry in enumerate(document.value["sources"])
    ]


def tree(document: Document) -> DecisionTree:
    """Return the questions of data/decision-tree.json, and what it corrects."""
    return DecisionTree(
        questions=tuple(_question(document, index, entry) for index, entry in enumerate(document.value["questions"])),
        changed_since_seed=tuple(
            Correction(
                seed=entry["seed"],
                now=AnswerId(entry["now"]),
                reason=entry["reason"],
                sources=tuple(map(SourceId, entry["sources"])),
                place=Place(document.path, document.line("changed_since_seed", index)),
            )
            for index, entry in enumerate(document.value["changed_since_seed"])
        ),
    )


def _question(document: Document, index: int, entry: dict[str, Any]) -> Question:
    return Question(
        id=QuestionId(entry["id"]),
        title=entry["title"],
        help=entry["help"],
        asked_when=tuple(
            Condition(QuestionId(condition["question"]), tuple(map(AnswerId, condition["answers"])))
            for condition in entry["asked_when"]
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
        tools=tuple(entry["tools"]),
        choose_when=entry["choose_when"],
        avoid_when=entry["avoid_when"],
        alternative=AnswerId(entry["alternative"]),
        would_change=entry["would_change"],
        sources=tuple(map(SourceId, entry["sources"])),
        leads_to=tuple(entry["leads_to"]),
        seed=entry["seed"],
        place=place,
    )
