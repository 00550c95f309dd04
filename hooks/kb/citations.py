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
    from collections.abc import Iterable, Mapping

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
    for question, answer in tree.answers.values():
        for source_id in answer.sources:
            uri = answer_uri(answer.id)
            citation = Citation(f"{question.title} {answer.label}", uri, answer.place)
            found[source_id].setdefault(uri, citation)
    for correction in tree.changed_since_seed:
        for source_id in correction.sources:
            citation = Citation("Decision tree", "decide.md", correction.place)
            found[source_id].setdefault("decide.md", citation)
    for rule in rules:
        for each in rule.sources:
            citation = Citation(f"{rule.id}: {rule.title}", rule_uri(rule.id), rule.place)
            found[each.source].setdefault(citation.uri, citation)
    for tool in tools:
        for source_id in tool.sources:
            citation = Citation(tool.name, tool_uri(tool.id), tool.place)
            found[source_id].setdefault(citation.uri, citation)
    return {source_id: tuple(citations.values()) for source_id, citations in found.items()}


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
