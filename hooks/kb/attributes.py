"""Which addresses stand in a `srcset` attribute, a style attribute or a style sheet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r"\S+")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_ADDRESS = re.compile(
    r"""(?:url\(\s*+|@import\s++(?!url\())(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|(?P<bare>[^"'()\s;]++))""",
    re.IGNORECASE,
)


def srcset(value: str) -> Iterator[tuple[int, str]]:
    """Yield the offset and the address of each candidate; an address may hold commas, but does not end in one."""
    expects_address = True
    for word in _WORD.finditer(value):
        if expects_address and word[0].strip(","):
            yield word.start(), word[0].rstrip(",")
        expects_address = word[0].endswith(",")


def css_addresses(css: str) -> Iterator[tuple[int, str]]:
    """Yield the offset and the address of everything that a style sheet or a style attribute loads."""
    bare = _CSS_COMMENT.sub(lambda comment: " " * len(comment[0]), css)
    for match in _CSS_ADDRESS.finditer(bare):
        group = next(name for name in ("double", "single", "bare") if match[name] is not None)
        yield match.start(group), match[group]
