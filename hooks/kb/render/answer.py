"""The page of one answer of the decision tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.addresses import answer_uri, rule_uri, site_path, tool_uri
from kb.decisions.model import AnswerId, Kind
from kb.render.decide import fragment
from kb.render.sources import sources_of
from kb.render.text import bullets, code, escape, link, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kb.decisions.model import Answer, Question, Retired
    from kb.model import Library
    from kb.tools.model import ToolId

_TITLES = {
    Kind.CHOICE: ("Choose it when", "Avoid it when"),
    Kind.NOT_NEEDED: ("Right when", "Wrong when"),
    Kind.NONE_FITS: ("What to do then", "Do not go this way when"),
}


def answer_page(library: Library, question: Question, answer: Answer) -> str:
    """Return the text of an answer's page, without its front matter."""
    return "\n\n".join(_parts(library, question, answer))


def former_answer_page(library: Library, retired: Retired) -> str:
    """Return the text of the page of an answer that has gone, without its front matter."""
    page = answer_uri(retired.id)
    parts = [f"# {escape(retired.id)}", f"This answer is gone since {retired.on.isoformat()}. {escape(retired.reason)}"]
    if retired.successor:
        successor = library.tree.answers[AnswerId(retired.successor)][1]
        parts.append(f"In its place: {link(successor.label, answer_uri(successor.id), page)}.")
    return "\n\n".join((*parts, link("The decision tree", "decide.md", page)))


def _parts(library: Library, question: Question, answer: Answer) -> Iterator[str]:
    page = answer_uri(answer.id)
    choose, avoid = _TITLES[answer.kind]
    yield f"# {escape(answer.label)}"
    yield f"An answer to: {link(question.title, f'decide.md#{fragment(question)}', page)} In a link: {code(f'{question.id}={answer.id}')}"
    if answer.tools:
        yield f"**Tools.** {_named(library, answer.tools, page)}"
    yield from _recommendation(question, answer)
    yield f"## {choose}\n\n{escape(answer.choose_when)}"
    yield f"## {avoid}\n\n{escape(answer.avoid_when)}"
    if answer.variants:
        yield f"## In each language\n\n{_variants(library, answer, page)}"
    yield f"## What would change this\n\n{escape(answer.would_change)}"
    alternative = library.tree.answers[answer.alternative][1]
    yield f"The nearest alternative is {link(alternative.label, answer_uri(alternative.id), page)}."
    yield f"## To go back on it\n\n**{answer.reversal.cost.capitalize()}.** {escape(answer.reversal.why)}"
    if against := [*_against(library, answer, page)]:
        yield f"## What stands against it\n\n{bullets(against)}"
    if answer.rules:
        rules = [link(f"{rule}: {library.rules[rule].title}", rule_uri(rule), page) for rule in answer.rules]
        yield f"## Rules that then matter\n\n{bullets(rules)}"
    if answer.leads_to:
        ways = [link(library.pages[path].title, site_path(path) or path, page) for path in answer.leads_to]
        yield f"## Read next\n\n{bullets(ways)}"
    yield f"## Sources\n\n{sources_of(library, answer.sources, page)}"
    others = (other for other in question.answers if other.id != answer.id)
    yield f"## Other answers\n\n{bullets(link(other.label, answer_uri(other.id), page) for other in others)}"


def _recommendation(question: Question, answer: Answer) -> Iterator[str]:
    for each in question.recommended:
        if each.answer == answer.id:
            languages = ", ".join(language.label for language in each.languages)
            yield f"**Recommended{f' for {languages}' if languages else ''}.** {escape(each.why)}"


def _variants(library: Library, answer: Answer, page: str) -> str:
    rows = [
        (language.label, _named(library, variant.tools, page) or "none", escape(variant.note))
        for language, variant in answer.variants.items()
    ]
    return table(("Language", "Tools", "Note"), rows)


def _against(library: Library, answer: Answer, page: str) -> Iterator[str]:
    """Yield what it cannot stand beside and what it needs, from both sides."""
    answers = library.tree.answers

    def named(ids: Iterable[str]) -> str:
        return " or ".join(
            link(each.label, answer_uri(each.id), page) for _, each in answers.values() if each.id in ids
        )

    for conflict in answer.conflicts:
        yield f"Not beside {named([conflict.answer])}: {escape(conflict.why)}"
    for _, other in answers.values():
        for conflict in other.conflicts:
            if conflict.answer == answer.id:
                yield f"Not beside {named([other.id])}: {escape(conflict.why)}"
    for requirement in answer.requires:
        yield f"Needs {named(requirement.answers)}: {escape(requirement.why)}"


def _named(library: Library, tools: Iterable[ToolId], page: str) -> str:
    return ", ".join(link(library.tools[tool].name, tool_uri(tool), page) for tool in tools)
