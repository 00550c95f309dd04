"""What the home page says of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.render.text import link
from kb.rules.model import Verification

if TYPE_CHECKING:
    from kb.model import Library


def counts(library: Library, page: str) -> str:
    """Return how much there is of what, each figure linked to what it counts."""
    addresses = [other.uri for other in library.pages.values()]
    guides = sum(uri.startswith("guides/") for uri in addresses)
    fields = sum(uri.startswith("related/") for uri in addresses)
    questions = f"{_many(len(library.tree.questions), 'question')}, {_many(len(library.tree.answers), 'answer')}"
    samples = [sample for rule in library.rules.values() for sample in rule.samples]
    proved = [entry for sample in samples if (entry := library.run.of(sample)) and entry.level is Verification.PROVED]
    done = f"{len(proved)} of {_many(len(samples), 'sample')} proved"
    figures = [
        *([link(_many(len(library.rules), "rule"), "rules.md", page)] if samples else []),
        *([link(done, "verification.md", page)] if samples else []),
        link(questions, "decide.md", page),
        link(_many(guides, "guide"), "look-up.md", page),
        link(_many(fields, "neighbouring field"), "related.md", page),
        link(_many(len(library.sources), "source"), "sources.md", page),
    ]
    return " · ".join(figures)


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
