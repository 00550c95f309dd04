"""Small pieces of Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kb.addresses import relative

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"([\\`*_{}\[\]#])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "~": "&#126;"})
_TICKS = re.compile(r"`+")
_BLOCK_START = re.compile(r"^([-+:=!?]|\d+(?=[.)]))")


def escape(text: str) -> str:
    """Return Markdown that shows the text as it stands, on one line."""
    return _guarded(_inline(" ".join(text.split())))


def code(text: str) -> str:
    """Return a code span that shows the text as it stands, on one line."""
    flat = " ".join(text.split())
    ticks = "`" * (1 + max(map(len, _TICKS.findall(flat)), default=0))
    pad = " " if "`" in flat else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def said(text: str) -> str:
    """Return Markdown that shows the text as it stands, and as code what it has between backticks."""
    plain, *rest = " ".join(text.split()).split("`")
    if len(rest) % 2:
        return escape(text)
    spans = (f"{code(inside)}{_inline(after)}" for inside, after in zip(rest[::2], rest[1::2], strict=True))
    return f"{_guarded(_inline(plain))}{''.join(spans)}"


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


def filterable(name: str, markdown: str) -> str:
    """Return a table to which the site's script adds a filter."""
    return f'<div class="kb-filter" data-kb-filter="{name}" markdown="1">\n\n{markdown}\n\n</div>'


def _inline(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text).translate(_ENTITIES)


def _guarded(markdown: str) -> str:
    """Return inline Markdown that opens no block at the start of a line."""
    return _BLOCK_START.sub(lambda start: f"&#{ord(start[0][0])};{start[0][1:]}", markdown)
