"""Small pieces of Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kb.addresses import relative

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"([\\`*_{}\[\]#])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "~": "&#126;"})
_BLOCK_START = re.compile(r"^([-+:=!?]|\d+(?=[.)]))")


def escape(text: str) -> str:
    """Return Markdown that shows the text as it stands, on one line."""
    flat = _MARKUP.sub(r"\\\1", " ".join(text.split())).translate(_ENTITIES)
    return _BLOCK_START.sub(lambda start: f"&#{ord(start[0][0])};{start[0][1:]}", flat)


def link(text: str, target: str, page: str) -> str:
    """Return a link from one page to another, both given as uris; `target` may end in a fragment."""
    uri, mark, fragment = target.partition("#")
    path = relative(uri, page) if uri != page else ""
    return f"[{escape(text)}]({path}{mark}{fragment})"


def bullets(items: Iterable[str]) -> str:
    """Return a list."""
    return "\n".join(f"- {item}" for item in items)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose cells are Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
