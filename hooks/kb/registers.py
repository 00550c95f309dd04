"""How the register of sources is read from its file."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from kb.model import Place, Source, SourceId, Stack

if TYPE_CHECKING:
    from kb.documents import Document


def sources(document: Document) -> list[Source]:
    """Return the entries of data/sources.json."""
    return [
        Source(
            id=SourceId(entry["id"]),
            title=entry["title"],
            url=entry["url"],
            publisher=entry["publisher"],
            kind=entry["kind"],
            stacks=tuple(map(Stack, entry["stacks"])),
            topics=tuple(entry["topics"]),
            good_for=entry["good_for"],
            consulted=date.fromisoformat(entry["consulted"]),
            place=Place(document.path, document.line("sources", index, "id")),
        )
        for index, entry in enumerate(document.value["sources"])
    ]
