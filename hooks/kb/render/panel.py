"""What stands around the decision form: the drawing above it, and the panel that the script brings to life."""

from __future__ import annotations

from hashlib import sha256
from html import escape as html
from typing import TYPE_CHECKING

from kb.addresses import answer_uri, relative_url
from kb.decisions.exports import as_json, as_mermaid, choices
from kb.render.decide import FORM, questions
from kb.render.diagram import drawing

if TYPE_CHECKING:
    from kb.model import Library

_ACTIONS = {
    "link": "Copy link",
    "review": "Copy for review",
    "record": "Export decision record",
    "mermaid": "Copy as Mermaid",
    "compare": "Keep as A, to compare",
    "clear": "Clear",
}
_NOTICES = {
    "renamed": "This link used names that have changed since; their successors are chosen.",
    "ignored": "Parts of this link were left out: they are unknown here, or do not go with the rest.",
    "dropped": "Answers that this choice leaves no question for, or that its language does not have, are cleared.",
    "copied": "Copied.",
    "denied": "This browser does not let a page copy: take the text from the field.",
}
_COMPARISON = (
    '<table data-part="compare" data-differ="Where A, which was kept, and B, what is chosen now, differ"'
    ' data-same="A, which was kept, and B, what is chosen now, are the same: choose something else" hidden>'
    '<caption></caption><thead><tr><th scope="col">Question</th><th scope="col">A</th><th scope="col">B</th></tr></thead>'
    "<tbody></tbody></table>"
)
_RECORD = """\
---
status: proposed
date: {date}
decision-makers: []
---

# Stack: {title}

## Context and Problem Statement

Which stack will the service be built on? (What does it do, and for whom?)

## Decision Drivers

- (what weighed most)

## Considered Options

{options}

## Decision Outcome

Chosen, question by question:

{path}

### Consequences

{conflicts}

### Confirmation

(how a review or a test will see that this was followed)

## Pros and Cons of the Options

Each option has a page of its own, with when to choose it and when to avoid it.

## More Information

Decided with {address}, version {version} of the tree.

{sources}
"""
"""A decision record as MADR 4 has it; what is in braces the script fills in: https://adr.github.io/madr/"""


def decision_tree(library: Library, page: str) -> str:
    """Return the drawing, the panel, all questions, and what the script needs to know."""
    data = as_json(choices(library.tree, library.sources))
    version = sha256(data.encode()).hexdigest()[:8]
    svg = drawing(library.tree, lambda answer: relative_url(answer_uri(answer), page))
    return "\n\n".join(
        (
            f'<div class="kb-decide" data-kb-decide data-version="{version}" markdown="1">',
            f'<div class="kb-figure">{svg}</div>',
            f'<form id="{FORM}"></form>',
            _panel(page),
            questions(library, page),
            _data("tree", data),
            _data("mermaid", as_mermaid(library.tree)),
            _data("record", _RECORD),
            "</div>",
        )
    )


def _panel(page: str) -> str:
    buttons = "".join(
        f'<button type="button" class="md-button" data-do="{action}">{label}</button>'
        for action, label in _ACTIONS.items()
    )
    said = "".join(f' data-{name}="{words}"' for name, words in _NOTICES.items())
    base = relative_url("t/index.md", page)
    return (
        '<p class="kb-status" role="status" data-part="status"></p>'
        '<section class="kb-panel" aria-label="Your stack" hidden>'
        '<p class="kb-panel__path" data-part="path"></p>'
        f'<p class="kb-panel__notice" role="status" data-part="notice"{said}></p>'
        '<ul class="kb-panel__conflicts" data-part="conflicts"></ul>'
        '<ul class="kb-panel__ways" data-part="ways"></ul>'
        f'<p data-part="template" data-base="{base}"></p>'
        f'<div class="kb-panel__actions">{buttons}</div>'
        '<textarea data-part="text" aria-label="Text to copy" rows="4" readonly hidden></textarea>'
        f"{_COMPARISON}"
        "</section>"
    )


def _data(part: str, text: str) -> str:
    """Return text that only the script reads; in no `script`, for Material's instant loading would run that."""
    return f'<pre data-part="{part}" data-search-exclude hidden>{html(text, quote=False)}</pre>'
