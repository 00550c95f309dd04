"""What each problem code means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.catalogue import KINDS

if TYPE_CHECKING:
    from kb.model import Library


def kinds(library: Library, page: str) -> str:
    """Return every problem code with its meaning and how to mend it."""
    del library, page
    return "\n\n".join(
        f"### {kind.code} {kind.name} {{#{kind.code.lower()}}}\n\n{kind.meaning}\n\n**Mend it.** {kind.mend}"
        for kind in KINDS.values()
    )
