"""Whether what was read holds together: ids, references, pages and the decision tree."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from kb.addresses import is_misplaced, is_rule
from kb.problems import Problem, nearest
from kb.render import VIEWS
from kb.render.outline import outline
from kb.rules.check import check_ids, check_proofs, check_related, check_rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from kb.load import Draft
    from kb.model import Answer, AnswerId, Correction, DecisionTree, Page, Place, Question, Source, SourceId


def check(draft: Draft) -> list[Problem]:
    """Return every inconsistency of the draft, on top of what reading it found."""
    problems = list(_pages(draft.pages))
    for path in sorted(filter(is_misplaced, draft.files)):
        hint = "docs/contributing.md says how a page is named"
        problems.append(Problem(path, 1, "KB014", "is a page that the site does not show", hint))
    if draft.sources is not None:
        problems += _registers(draft.sources)
    if draft.tree is not None:
        faults = list(_tree(draft.tree))
        problems += faults
        problems += _ways_on(draft.tree, {page.path for page in draft.pages})
        if not faults:
            problems += _stale_outline(draft.tree, draft.pages)
    if draft.ids is not None and not any(is_rule(problem.path) for problem in draft.problems):
        problems += check_ids(draft.rules, draft.ids)
        problems += check_related(draft.rules)
        problems += check_proofs(draft.rules, draft.files)
    if draft.sources is not None and draft.areas is not None:
        problems += check_rules(draft.rules, draft.areas, {source.id for source in draft.sources})
    if draft.sources is not None and draft.tree is not None:
        known = {source.id for source in draft.sources}
        problems += _unknown_sources(draft.tree, known)
        if not draft.problems:
            problems += _uncited(draft.sources, draft.citations)
    return problems


def _pages(pages: Iterable[Page]) -> Iterator[Problem]:
    addresses: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    for page in pages:
        if (other := addresses.setdefault(page.uri, page.path)) != page.path:
            yield Problem(page.path, 1, "KB009", f"is served at {page.uri}, like {other}", "rename one of them")
        if (other := descriptions.setdefault(page.description, page.path)) != page.path:
            yield Problem(
                page.path, 1, "KB007", f"has the same description as {other}", "say what this page alone holds"
            )
        yield from _headings(page)
        for directive in page.outline.directives:
            if directive.name not in VIEWS:
                message = f"`kb:{directive.name}` is no view"
                yield Problem(page.path, directive.line, "KB008", message, nearest(directive.name, VIEWS))
        for fence in page.outline.fences:
            if not fence.closed:
                yield Problem(page.path, fence.line, "KB012", "opens a code fence that is never closed")


def _headings(page: Page) -> Iterator[Problem]:
    titles = [heading for heading in page.outline.headings if heading.level == 1]
    if len(titles) != 1:
        line = titles[1].line if titles else page.first_line
        yield Problem(
            page.path,
            line,
            "KB007",
            f"has {len(titles)} level-one headings",
            "a page has exactly one, written `# Title`",
        )
    seen: dict[str, int] = {}
    for heading in page.outline.headings:
        if (first := seen.setdefault(heading.slug, heading.line)) != heading.line:
            message = f"has the heading `{heading.text}` twice; the first is in line {first}"
            yield Problem(page.path, heading.line, "KB011", message, "reword one of them")
    for above, below in pairwise(page.outline.headings):
        if below.level > above.level + 1:
            message = f"steps from a level-{above.level} heading to level {below.level}"
            yield Problem(page.path, below.line, "KB007", message, f"use level {above.level + 1}")


def _repeated(entries: Iterable[tuple[str, Place]], code: str, what: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for value, place in entries:
        if (line := first.setdefault(value, place.line)) != place.line:
            message = f"{what} `{value}` is taken by line {line}"
            yield Problem(place.path, place.line, code, message)


def _registers(sources: list[Source]) -> Iterator[Problem]:
    yield from _repeated(((source.id, source.place) for source in sources), "KB003", "the id")
    yield from _repeated(((source.url.rstrip("/"), source.place) for source in sources), "KB005", "the URL")


def _tree(tree: DecisionTree) -> Iterator[Problem]:
    yield from _repeated(((question.id, question.place) for question in tree.questions), "KB003", "the id")
    yield from _repeated(((question.title, question.place) for question in tree.questions), "KB003", "the title")
    answers = [(answer.id, answer.place) for question in tree.questions for answer in question.answers]
    yield from _repeated(answers, "KB003", "the id")
    earlier: dict[str, set[AnswerId]] = {}
    for question in tree.questions:
        own = {answer.id for answer in question.answers}
        yield from _conditions(question, earlier, tree)
        for answer in question.answers:
            if answer.alternative not in own - {answer.id}:
                message = f"the alternative `{answer.alternative}` is no other answer to this question"
                hint = nearest(answer.alternative, own - {answer.id})
                yield Problem(answer.place.path, answer.place.line, "KB004", message, hint)
        earlier[question.id] = own
    known = set(tree.answers)
    for correction in tree.changed_since_seed:
        if correction.now not in known:
            place, message = correction.place, f"`{correction.now}` is no answer"
            yield Problem(place.path, place.line, "KB004", message, nearest(correction.now, known))


def _conditions(question: Question, earlier: dict[str, set[AnswerId]], tree: DecisionTree) -> Iterator[Problem]:
    """Check that a question can be asked: its conditions name earlier questions, and answers of theirs."""
    place = question.place
    for name, count in Counter(condition.question for condition in question.asked_when).items():
        if count > 1:
            message = f"asks twice about `{name}`, so no single answer to it can satisfy both"
            yield Problem(place.path, place.line, "KB006", message, "list the answers in one condition")
    for condition in question.asked_when:
        if condition.question not in earlier:
            later = any(other.id == condition.question for other in tree.questions)
            message = f"depends on `{condition.question}`, which is {'asked later' if later else 'no question'}"
            code = "KB006" if later else "KB004"
            yield Problem(place.path, place.line, code, message, "" if later else nearest(condition.question, earlier))
            continue
        for answer in condition.answers:
            if answer not in (known := earlier[condition.question]):
                message = f"waits for `{answer}`, which is no answer to `{condition.question}`"
                yield Problem(place.path, place.line, "KB004", message, nearest(answer, known))


def _ways_on(tree: DecisionTree, pages: set[str]) -> Iterator[Problem]:
    for _, answer in tree.answers.values():
        for path in answer.leads_to:
            if path not in pages:
                message = f"leads to {path}, which is no page"
                yield Problem(answer.place.path, answer.place.line, "KB004", message, nearest(path, pages))


def _stale_outline(tree: DecisionTree, pages: Iterable[Page]) -> Iterator[Problem]:
    for page in pages:
        for heading in page.outline.headings:
            if (page.path, heading.slug) == ("SKILL.md", "decision-tree") and outline(tree) not in page.body:
                message = "the outline of the decision tree differs from the data"
                yield Problem(
                    page.path,
                    heading.line,
                    "KB013",
                    message,
                    "run `make outline`, and put what it prints into the fence",
                )


def _unknown_sources(tree: DecisionTree, known: set[SourceId]) -> Iterator[Problem]:
    resting: list[Answer | Correction] = [answer for _, answer in tree.answers.values()]
    for entry in (*resting, *tree.changed_since_seed):
        for source in entry.sources:
            if source not in known:
                message = f"rests on `{source}`, which is no source"
                yield Problem(entry.place.path, entry.place.line, "KB004", message, nearest(source, known))


def _uncited(sources: list[Source], cited: Collection[SourceId]) -> Iterator[Problem]:
    for source in sources:
        if source.id not in cited:
            message = f"nothing rests on the source `{source.id}`"
            yield Problem(source.place.path, source.place.line, "KB010", message, "cite it or take it out")
