"""The decision tree as a form: every question with its answers as radio buttons, readable without a script."""

from __future__ import annotations

from html import escape as html
from typing import TYPE_CHECKING

from kb.addresses import answer_uri, relative_url
from kb.decisions.model import Kind
from kb.render.text import escape, link, table
from kb.slugs import slug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.decisions.model import Answer, Question
    from kb.model import Library

FORM = "kb-selection"
"""The id of the form that all radio buttons belong to, wherever they stand."""


def questions(library: Library, page: str) -> str:
    """Return every question in order, with its answers."""
    numbered = enumerate(library.tree.questions, start=1)
    return "\n\n".join("\n\n".join(_question(library, number, each, page)) for number, each in numbered)


def fragment(question: Question) -> str:
    """Return the id of a question's heading on the decision page."""
    return slug(question.title)


def _question(library: Library, number: int, question: Question, page: str) -> Iterator[str]:
    yield f"## {number}. {escape(question.title)} {{#{fragment(question)}}}"
    yield escape(question.help)
    if question.asked_when:
        conditions = " and ".join(_condition(library, earlier, page) for earlier in question.asked_when.items())
        yield f"*Asked when {conditions}.*"
    yield "\n".join(_recommended(library, question, page))
    yield "\n".join(_radios(library, question, page))


def _condition(library: Library, condition: tuple[str, tuple[str, ...]], page: str) -> str:
    name, answers = condition
    labels = [escape(answer.label) for _, answer in library.tree.answers.values() if answer.id in answers]
    earlier = next(question for question in library.tree.questions if question.id == name)
    title = link(earlier.title.rstrip("?"), f"{page}#{fragment(earlier)}", page)
    return f"{title} is {' or '.join(labels)}"


def _recommended(library: Library, question: Question, page: str) -> Iterator[str]:
    for each in question.recommended:
        answer = library.tree.answers[each.answer][1]
        name = link(answer.label, answer_uri(answer.id), page)
        languages = ", ".join(language.label for language in each.languages)
        yield f"- **{'For ' + languages + ': take' if languages else 'Take'} {name}.** {escape(each.why)}"


def _radios(library: Library, question: Question, page: str) -> Iterator[str]:
    yield f'<fieldset class="kb-question" data-question="{question.id}">'
    yield f'<legend class="kb-hidden">{html(question.title)}</legend>'
    for answer in question.answers:
        yield "".join(_radio(library, question, answer, page))
    yield "</fieldset>"


def _radio(library: Library, question: Question, answer: Answer, page: str) -> Iterator[str]:
    identity = f"{question.id}.{answer.id}"
    languages = f' data-languages="{" ".join(answer.variants)}"' if answer.variants else ""
    kind = "" if answer.kind == Kind.CHOICE else f" kb-answer--{answer.kind}"
    yield f'<div class="kb-answer{kind}"{languages}>'
    tools = _tools(library, answer)
    described = f' aria-describedby="{identity}.tools"' if tools else ""
    yield f'<input type="radio" form="{FORM}" id="{identity}" name="{question.id}" value="{answer.id}"{described}>'
    yield f'<label for="{identity}">{html(answer.label)}</label>'
    if tools:
        yield f'<p class="kb-answer__tools" id="{identity}.tools">{html(tools)}</p>'
    address = relative_url(answer_uri(answer.id), page)
    yield f'<p>{html(answer.choose_when)} <a href="{address}">Why, and when not<span class="kb-hidden">: '
    yield f"{html(answer.label)}</span></a></p></div>"


def _tools(library: Library, answer: Answer) -> str:
    """Return the names of the tools, by language where they differ, unless the label says it all."""
    named = ", ".join(library.tools[tool].name for tool in answer.tools)
    parts = [named] if named and named != answer.label else []
    for language, variant in answer.variants.items():
        own = ", ".join(library.tools[tool].name for tool in variant.tools)
        if own and own != answer.label:
            parts.append(f"{language.label}: {own}" if len(answer.variants) > 1 else own)
    return "; ".join(parts)


def answers(library: Library, page: str) -> str:
    """Return a link to the page of each answer, by question."""
    rows = [
        (escape(question.title), ", ".join(link(each.label, answer_uri(each.id), page) for each in question.answers))
        for question in library.tree.questions
    ]
    return table(("Question", "Answers"), rows)


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


def retired(library: Library, page: str) -> str:
    """Return the ids that were addresses once, and what stands in their place."""
    titles: dict[str, tuple[str, str]] = {
        str(question.id): (question.title, f"{page}#{fragment(question)}") for question in library.tree.questions
    }
    titles |= {str(answer.id): (answer.label, answer_uri(answer.id)) for _, answer in library.tree.answers.values()}
    rows = [
        (
            link(each.id, answer_uri(each.id), page) if each.kind == "answer" else escape(each.id),
            link(*titles[each.successor], page) if each.successor else "nothing",
            escape(each.reason),
            each.on.isoformat(),
        )
        for each in library.tree.retired
    ]
    return table(("Was", "Now", "Why", "Since"), rows) if rows else "None so far."
