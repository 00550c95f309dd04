"""Which outside addresses the repository names, and where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kb.model import Library


@dataclass(frozen=True, slots=True)
class Target:
    """A page of the outside world."""

    url: str
    """Without a fragment."""
    places: Mapping[str, tuple[Place, ...]]
    """Where it is named, by the fragment wanted there; the empty one is the page itself."""


def join(url: str, fragment: str) -> str:
    """Return the address of a fragment of a page."""
    return f"{url}#{fragment}" if fragment else url


def collect(library: Library, only: str = "") -> list[Target]:
    """Return the web pages that pages link to and sources stand for, where the address holds `only`; sorted by URL."""
    found: defaultdict[str, defaultdict[str, set[Place]]] = defaultdict(lambda: defaultdict(set))
    for address, place in _named(library):
        url, _, fragment = address.partition("#")
        if only in address:
            found[url][fragment].add(place)
    return [
        Target(
            url,
            {
                fragment: tuple(sorted(places, key=lambda place: (place.path, place.line)))
                for fragment, places in sorted(fragments.items())
            },
        )
        for url, fragments in sorted(found.items())
    ]


def _named(library: Library) -> Iterator[tuple[str, Place]]:
    for source in library.sources.values():
        yield source.url, source.place
    for page in library.pages.values():
        for link in page.outline.links:
            address = f"https:{link.target}" if link.target.startswith("//") else link.target
            if address.lower().startswith(("http://", "https://")):
                yield address, Place(page.path, link.line)
