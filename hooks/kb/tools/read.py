"""How a tool is read from its file, which fits its schema."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from kb.model import Place, SourceId, Stack
from kb.tools.model import Maintenance, Package, Tool, ToolId

if TYPE_CHECKING:
    from kb.documents import Document


def tool(document: Document) -> Tool:
    """Return an entry of data/tools/."""
    entry = document.value
    return Tool(
        id=ToolId(entry["id"]),
        name=entry["name"],
        aliases=tuple(entry["aliases"]),
        kind=entry["kind"],
        stacks=tuple(map(Stack, entry["stacks"])),
        purpose=entry["purpose"],
        when_not=entry["when_not"],
        licence=entry["licence"],
        maintenance=Maintenance(**entry["maintenance"]),
        status=entry["status"],
        reviewed=date.fromisoformat(entry["reviewed"]),
        packages=tuple(Package(**each) for each in entry["packages"]),
        command=entry["command"],
        sources=tuple(map(SourceId, entry["sources"])),
        place=Place(document.path, document.line("id")),
    )
