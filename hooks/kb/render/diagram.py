"""The decision tree as a drawing: a row for each question, a box for each answer, a line to what an answer opens."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape as html
from typing import TYPE_CHECKING

from kb.decisions.model import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kb.decisions.model import Answer, AnswerId, DecisionTree, Question

WIDTH = 960
"""All lengths are in the units of the drawing, which is as wide as this."""
MARGIN = 12
TITLE = 26
BOX = 30
GAP = 8
ROW_GAP = 26
LETTER = 7.3
"""How wide a letter is, at most on average, in the drawing's font."""
PADDING = 12


@dataclass(frozen=True, slots=True)
class Box:
    """Where an answer stands."""

    answer: Answer
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Row:
    """Where a question stands, and its answers below it."""

    question: Question
    y: float
    boxes: tuple[Box, ...]


def layout(tree: DecisionTree) -> tuple[tuple[Row, ...], float]:
    """Return where everything stands, and how high the drawing is."""
    rows, y = [], float(MARGIN)
    for question in tree.questions:
        boxes = tuple(_boxes(question, y + TITLE))
        rows.append(Row(question, y, boxes))
        y = boxes[-1].y + BOX + ROW_GAP
    return tuple(rows), y - ROW_GAP + MARGIN


def _boxes(question: Question, y: float) -> Iterator[Box]:
    """Yield the boxes of a question's answers, in lines that are no wider than the drawing."""
    x = float(MARGIN)
    for answer in question.answers:
        width = round(len(answer.label) * LETTER + 2 * PADDING)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = MARGIN, y + BOX + GAP
        yield Box(answer, x, y, width)
        x += width + GAP


def drawing(tree: DecisionTree, address: Callable[[AnswerId], str]) -> str:
    """Return the drawing as SVG, each box a link; it has the colours of the text around it.

    The links are of XLink: Material's instant loading assigns to `href` where there is one, which a link in SVG refuses.
    """
    rows, height = layout(tree)
    boxes = {box.answer.id: box for row in rows for box in row.boxes}
    title = '<title id="kb-tree-title">The decision tree: each question, and its answers below it</title>'
    parts = [line for row in rows for line in _lines(row, boxes)]
    parts += [part for number, row in enumerate(rows, start=1) for part in _row(number, row, address)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" class="kb-tree" viewBox="0 0 {WIDTH} {height:g}" role="group"'
        f' aria-labelledby="kb-tree-title" font-family="sans-serif" font-size="13">{title}{"".join(parts)}</svg>'
    )


def _lines(row: Row, boxes: Mapping[AnswerId, Box]) -> Iterator[str]:
    """Yield a line from each answer that a question waits for to the question."""
    for answers in row.question.asked_when.values():
        for answer in answers:
            above = boxes[answer]
            x, y = above.x + above.width / 2, above.y + BOX
            yield (
                f'<path class="kb-tree__line" data-answer="{answer}" fill="none" stroke="currentColor"'
                f' stroke-opacity=".35" d="M{x:g} {y:g}V{y + GAP / 2:g}H{MARGIN / 2:g}V{row.y + TITLE / 2:g}h{MARGIN / 2:g}"/>'
            )


def _row(number: int, row: Row, address: Callable[[AnswerId], str]) -> Iterator[str]:
    yield (
        f'<text x="{MARGIN + 2}" y="{row.y + TITLE - 9:g}" font-weight="bold" fill="currentColor">'
        f"{number}. {html(row.question.title)}</text>"
    )
    for box in row.boxes:
        dashes = "" if box.answer.kind == Kind.CHOICE else ' stroke-dasharray="4 3"'
        yield (
            f'<a xlink:href="{html(address(box.answer.id))}" data-answer="{box.answer.id}">'
            f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{BOX}" rx="4" fill="none"'
            f' stroke="currentColor"{dashes}/>'
            f'<text x="{box.x + box.width / 2:g}" y="{box.y + BOX / 2 + 4.5:g}" text-anchor="middle"'
            f' fill="currentColor">{html(box.answer.label)}</text></a>'
        )
