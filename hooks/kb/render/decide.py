"""The decision tree as pages: all questions on one, and one for each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.addresses import answer_uri, site_path
from kb.render.sources import sources_of
from kb.render.text import bullets, escape, link, table
from kb.slugs import slug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.model import Answer, Condition, Library, Question


def questions(library: Library, page: str) -> str:
    """Return every question in order, with its answers as cards."""
    return "\n\n".join(
        _question(library, number, question, page) for number, question in enumerate(library.tree.questions, start=1)
    )


def _question(library: Library, number: int, question: Question, page: str) -> str:
    cards = "\n\n".join(_card(answer, page) for answer in question.answers)
    parts = [
        f"## {number}. {escape(question.title)} {{#{_fragment(question)}}}",
        escape(question.help),
        *(f"*Asked when {_condition(library, condition, page)}.*" for condition in question.asked_when),
        f'<div class="grid cards kb-answers" markdown="1">\n\n{cards}\n\n</div>',
    ]
    return "\n\n".join(parts)


def _card(answer: Answer, page: str) -> str:
    name = link(answer.label, answer_uri(answer.id), page)
    return f"-   **{name}**\n\n    {escape(answer.choose_when)}"


def _condition(library: Library, condition: Condition, page: str) -> str:
    labels = [library.tree.answers[answer][1].label for answer in condition.answers]
    earlier = next(question for question in library.tree.questions if question.id == condition.question)
    return (
        f"{link(earlier.title.rstrip('?'), f'{page}#{_fragment(earlier)}', page)} is {' or '.join(map(escape, labels))}"
    )


def _fragment(question: Question) -> str:
    return slug(question.title)


def answer_page(library: Library, question: Question, answer: Answer) -> str:
    """Return the text of an answer's page, without its front matter."""
    return "\n\n".join(_answer_parts(library, question, answer))


def _answer_parts(library: Library, question: Question, answer: Answer) -> Iterator[str]:
    page = answer_uri(answer.id)
    alternative = library.tree.answers[answer.alternative][1]
    yield f"# {escape(answer.label)}"
    yield f"An answer to: {link(question.title, f'decide.md#{_fragment(question)}', page)}"
    if answer.tools:
        yield f"**Tools.** {escape(', '.join(answer.tools))}"
    yield f"## Choose it when\n\n{escape(answer.choose_when)}"
    yield f"## Avoid it when\n\n{escape(answer.avoid_when)}"
    yield f"## What would change this\n\n{escape(answer.would_change)}"
    yield f"The nearest alternative is {link(alternative.label, answer_uri(alternative.id), page)}."
    if answer.leads_to:
        ways = [link(library.pages[path].title, site_path(path) or path, page) for path in answer.leads_to]
        yield f"## Read next\n\n{bullets(ways)}"
    yield f"## Sources\n\n{sources_of(library, answer.sources, page)}"
    if others := [other for other in question.answers if other.id != answer.id]:
        yield f"## Other answers\n\n{bullets(link(other.label, answer_uri(other.id), page) for other in others)}"


def corrections(library: Library, page: str) -> str:
    """Return what the original skill's tree picked, what stands in its place, and why."""
    rows = [
        (
            escape(correction.seed),
            link(library.tree.answers[correction.now][1].label, answer_uri(correction.now), page),
            escape(correction.reason),
        )
        for correction in library.tree.changed_since_seed
    ]
    return table(("Original pick", "Now", "Why"), rows)
