"""Which address a heading has: the code host's rule, so that one link works there and on the site."""

from __future__ import annotations

import unicodedata

from kb.model import Stack

_TABS = {stack.label: stack.value for stack in Stack}


def slug(heading: str) -> str:
    """Return the id that GitHub gives to a heading of this plain text.

    Lower-cases, keeps letters, marks, digits, connectors such as `_`, and `-`, and turns each space into a hyphen.
    Runs are kept: `Rust & Go` has the id `rust--go`.
    """
    kept = "".join(filter(_is_kept, heading.strip().lower()))
    return kept.replace(" ", "-")


def slugify(heading: str, separator: str) -> str:
    """Return `slug(heading)`, called as Python-Markdown's toc extension calls it; the separator is always a hyphen."""
    del separator
    return slug(heading)


def tab_id(label: str, separator: str) -> str:
    """Return the id of a tab: the stack's where it is labelled as one, so that `#node` opens the tab Node.js."""
    return _TABS.get(label) or slugify(label, separator)


def _is_kept(character: str) -> bool:
    category = unicodedata.category(character)
    return character in "- " or category[0] in "LMN" or category == "Pc"
