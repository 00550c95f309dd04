"""Whether what was read holds together: ids, references, pages and the decision tree."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from kb.addresses import is_misplaced, is_rule
from kb.decisions.check import check_names, check_tree
from kb.decisions.tables import check_tables
from kb.problems import Problem, nearest, repeated
from kb.render import VIEWS
from kb.render.outline import SKILL, outline
from kb.rules.check import check_ids, check_proofs, check_related, check_rules
from kb.tools.check import check_named, check_tools

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from kb.decisions.model import DecisionTree
    from kb.load import Draft
    from kb.model import Page, Source, SourceId
    from kb.tools.model import Tool


def check(draft: Draft) -> list[Problem]:
    """Return every inconsistency of the draft, on top of what reading it found."""
    problems = list(_pages(draft.pages))
    for path in sorted(filter(is_misplaced, draft.files)):
        hint = "docs/contributing.md says how a page is named"
        problems.append(Problem(path, 1, "KB014", "is a page that the site does not show", hint))
    if draft.sources is not None:
        problems += _registers(draft.sources)
    if draft.tree is not None:
        faults = check_tree(draft.tree)
        problems += faults
        if not faults:
            problems += _stale_outline(draft.tree, draft.tools, draft.pages)
    problems += check_tables(draft.tables, draft.pages)
    if draft.ids is not None and not any(is_rule(problem.path) for problem in draft.problems):
        problems += check_ids(draft.rules, draft.ids)
        problems += check_related(draft.rules)
        problems += check_proofs(draft.rules, draft.files)
    if draft.sources is not None and draft.areas is not None:
        problems += check_rules(draft.rules, draft.areas, {source.id for source in draft.sources})
    if draft.sources is not None:
        known = {source.id for source in draft.sources}
        problems += check_tools(draft.tools, known)
        if draft.tree is not None:
            problems += _named(draft, draft.tree, known)
            if not draft.problems:
                problems += _uncited(draft.sources, draft.citations)
    return problems


def _named(draft: Draft, tree: DecisionTree, sources: Collection[SourceId]) -> Iterator[Problem]:
    """Yield what the tree and the rules name and nothing is; of what could not be read, nothing is known."""
    pages = {page.path for page in draft.pages}
    rules = {rule.id for rule in draft.rules}
    tools = {tool.id for tool in draft.tools}
    yield from check_names(tree, sources=sources, tools=tools, rules=rules, pages=pages)
    yield from check_named(draft.tools, draft.rules)


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


def _registers(sources: list[Source]) -> Iterator[Problem]:
    yield from repeated(((source.id, source.place) for source in sources), "KB003", "the id")
    yield from repeated(((source.url.rstrip("/"), source.place) for source in sources), "KB005", "the URL")


def _stale_outline(tree: DecisionTree, tools: Iterable[Tool], pages: Iterable[Page]) -> Iterator[Problem]:
    for page in pages:
        for heading in page.outline.headings:
            if (page.path, heading.slug) == (SKILL, "decision-tree") and outline(tree, tools) not in page.body:
                message = "the outline of the decision tree differs from the data"
                yield Problem(
                    page.path,
                    heading.line,
                    "KB013",
                    message,
                    "run `make outline`, which copies it into the fence",
                )


def _uncited(sources: list[Source], cited: Collection[SourceId]) -> Iterator[Problem]:
    for source in sources:
        if source.id not in cited:
            message = f"nothing rests on the source `{source.id}`"
            yield Problem(source.place.path, source.place.line, "KB010", message, "cite it or take it out")
