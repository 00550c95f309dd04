"""What the home page says of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.render.text import link

if TYPE_CHECKING:
    from kb.model import Library


def counts(library: Library, page: str) -> str:
    """Return how much there is of what, each figure linked to what it counts."""
    addresses = [other.uri for other in library.pages.values()]
    guides = sum(uri.startswith("guides/") for uri in addresses)
    fields = sum(uri.startswith("related/") for uri in addresses)
    figures = [
        link(f"{len(library.tree.questions)} questions, {len(library.tree.answers)} answers", "decide.md", page),
        link(f"{guides} guides", "look-up.md", page),
        link(f"{fields} neighbouring fields", "related.md", page),
        link(f"{len(library.sources)} sources", "sources.md", page),
    ]
    return " · ".join(figures)
