"""What the site says of the data: each view is a pure function from the library to Markdown.

A view's links are relative to the page that shows it, so every view takes that page's uri.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.render import benchmarks, decide, home, panel, problems, project, rules, sources, tool, verification

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kb.model import Library

VIEWS: Mapping[str, Callable[[Library, str], str]] = {
    "answers": decide.answers,
    "areas": rules.areas,
    **benchmarks.VIEWS,
    "counts": home.counts,
    "download": project.download,
    "decision-tree": panel.decision_tree,
    "corrections": decide.corrections,
    "problems": problems.kinds,
    "retired": decide.retired,
    "rules": rules.index,
    **rules.BY_STACK,
    "sources": sources.register,
    "tools": tool.index,
    "versions": verification.versions,
}
"""The views that `<!-- kb:name -->` can stand for."""
