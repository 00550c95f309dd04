"""Which pages and answers rest on which source."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import unquote

from kb.addresses import answer_uri, resolve, rule_uri, tool_uri
from kb.links.targets import is_outside
from kb.model import Citation, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kb.decisions.model import DecisionTree
    from kb.model import Page, Source, SourceId
    from kb.rules.model import Rule
    from kb.tools.model import Tool


class Register:
    """Finds the source that an outside address belongs to."""

    def __init__(self, sources: Iterable[Source]) -> None:
        """Index the sources by URL."""
        self._by_url = {source.url.rstrip("/"): source for source in sources}

    def find(self, url: str) -> Source | None:
        """Return the source with the longest URL that is this one, or a folder above it; fragments do not count."""
        candidate = url.partition("#")[0].rstrip("/")
        while candidate.count("/") >= 2:  # noqa: PLR2004 - the two slashes of https://
            if candidate in self._by_url:
                return self._by_url[candidate]
            candidate = (
                candidate.rpartition("/")[0].rstrip("/") if "?" not in candidate else candidate.partition("?")[0]
            )
        return None


def cited_in(
    sources: Iterable[Source],
    pages: Iterable[Page],
    tree: DecisionTree,
    rules: Iterable[Rule],
    tools: Iterable[Tool],
) -> Mapping[SourceId, tuple[Citation, ...]]:
    """Return, for each source that something rests on, the first place of each page, answer, rule or tool that cites it."""
    register = Register(sources)
    found: dict[SourceId, dict[str, Citation]] = defaultdict(dict)
    for page in pages:
        for link in page.outline.links:
            if source := register.find(link.target):
                citation = Citation(page.title, page.uri, Place(page.path, link.line))
                found[source.id].setdefault(page.uri, citation)
    for citation, ids in (*_by_the_tree(tree), *_by_rules(rules), *_by_tools(tools)):
        for source_id in ids:
            found[source_id].setdefault(citation.uri, citation)
    return {source_id: tuple(citations.values()) for source_id, citations in found.items()}


def _by_the_tree(tree: DecisionTree) -> Iterator[tuple[Citation, Iterable[SourceId]]]:
    for question, answer in tree.answers.values():
        yield Citation(f"{question.title} {answer.label}", answer_uri(answer.id), answer.place), answer.sources
    for correction in tree.changed_since_seed:
        yield Citation("Decision tree", "decide.md", correction.place), correction.sources


def _by_rules(rules: Iterable[Rule]) -> Iterator[tuple[Citation, Iterable[SourceId]]]:
    for rule in rules:
        citation = Citation(f"{rule.id}: {rule.title}", rule_uri(rule.id), rule.place)
        yield citation, [each.source for each in rule.sources]


def _by_tools(tools: Iterable[Tool]) -> Iterator[tuple[Citation, Iterable[SourceId]]]:
    for tool in tools:
        yield Citation(tool.name, tool_uri(tool.id), tool.place), tool.sources


def linked_from(pages: Iterable[Page]) -> Mapping[str, tuple[Citation, ...]]:
    """Return, for each path of the repository that a page links to, the first place of every other page that does."""
    found: dict[str, dict[str, Citation]] = defaultdict(dict)
    for page in pages:
        for link in page.outline.links:
            name = link.target.partition("#")[0].partition("?")[0]
            if is_outside(link.target) or not name:
                continue
            path = resolve(posixpath.dirname(page.path), unquote(name))
            if path is not None and path != page.path:
                citation = Citation(page.title, page.uri, Place(page.path, link.line))
                found[path].setdefault(page.uri, citation)
    return {path: tuple(citations.values()) for path, citations in found.items()}
