"""Files that the site serves beside its pages: the decision tree as a drawing, as data and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.addresses import answer_uri, relative_url
from kb.decisions.exports import as_data, as_json
from kb.render.diagram import drawing
from kb.render.outline import outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.model import Library


def statics(library: Library) -> Iterator[tuple[str, str]]:
    """Yield the address and the text of each file."""
    tree = library.tree
    yield "decide/tree.svg", drawing(tree, lambda answer: relative_url(answer_uri(answer), "decide/index.md")) + "\n"
    yield "decide/tree.json", as_json(as_data(tree, library.sources, library.tools)) + "\n"
    yield "decide/tree.md", f"# Decision tree\n\n```text\n{outline(tree, library.tools.values())}\n```\n"
