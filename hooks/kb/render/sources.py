"""The register of sources, and the page of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.addresses import source_uri
from kb.render.text import bullets, escape, filterable, link, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kb.model import Library, Source, SourceId


def register(library: Library, page: str) -> str:
    """Return the table of all sources; the site's script adds a filter to it."""
    rows = [
        (
            f"{link(source.title, source_uri(source.id), page)}<br>{escape(source.publisher)}",
            source.kind,
            _stacks(source),
            ", ".join(source.topics),
            escape(source.good_for),
        )
        for source in sorted(library.sources.values(), key=lambda source: source.title.casefold())
    ]
    body = table(("Source", "Kind", "Stacks", "Topics", "Good for"), rows)
    return filterable("sources", body)


def source_page(library: Library, source: Source) -> str:
    """Return the text of a source's page, without its front matter."""
    page = source_uri(source.id)
    facts = (
        f"**{escape(source.publisher)}** · {source.kind} · stacks: {_stacks(source)} · {', '.join(source.topics)}"
        f" · read on {source.consulted.isoformat()}"
    )
    cited = [link(citation.title, citation.uri, page) for citation in library.citations.get(source.id, ())]
    return "\n\n".join(
        (
            f"# {escape(source.title)}",
            escape(source.good_for),
            f"[Open it: {escape(source.url)}](<{source.url}>)",
            facts,
            "## Cited by",
            bullets(cited),
            link("All sources", "sources.md", page),
        )
    )


def sources_of(library: Library, ids: Iterable[SourceId], page: str) -> str:
    """Return a list of sources, each with what it is good for."""
    return bullets(
        f"{link(source.title, source_uri(source.id), page)} ({escape(source.publisher)}): {escape(source.good_for)}"
        for source in (library.sources[source_id] for source_id in ids)
    )


def _stacks(source: Source) -> str:
    return ", ".join(stack.label for stack in source.stacks) or "all"
