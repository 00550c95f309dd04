"""Which lines of a Markdown text are code or comment, and which are headings.

Follows CommonMark as far as the two renderers that matter agree on it: the code host's, and Python-Markdown with
superfences. Underlined (setext) headings are not read; the Markdown linter forbids them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LEAD = r"(?P<lead>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)"
_FENCE_OPEN = re.compile(_LEAD + r"(?P<ticks>`{3,}|~{3,})(?P<info>.*)")
_FENCE_CLOSE = re.compile(r"[ \t>]*(?P<ticks>`{3,}|~{3,})[ \t]*")
_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<text>.*?))??(?:[ \t]+#+)?[ \t]*")
_LIST_ITEM = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_CODE_INDENT = 4
_COMMENT_LINE = re.compile(r"<!--\s*(?P<text>.*?)\s*-->\s*")
_VERBATIM = re.compile(r" {0,3}<(?P<tag>script|style|pre)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FenceBlock:
    """A fenced code block."""

    info: str
    """What stands behind the opening marks."""
    line: int
    """Line of the opening marks, counted from 0."""
    closed: bool


@dataclass(slots=True)
class Blocks:
    """A text divided into what is prose and what is not."""

    prose: str
    """The text, as long as before, with code and comments blanked out."""
    fences: list[FenceBlock] = field(default_factory=list)
    headings: list[tuple[int, int, str]] = field(default_factory=list)
    """Line counted from 0, level, and raw text."""
    comments: list[tuple[int, str]] = field(default_factory=list)
    """Line counted from 0, and text of each comment that fills its line."""


class _Divider:
    """Walks over the lines and remembers which block it is in."""

    def __init__(self) -> None:
        self.blocks = Blocks("")
        self.lines: list[str] = []
        self._ticks = ""
        self._until = ""
        self._in_list = False
        self._after_blank = True

    def take(self, number: int, line: str) -> None:
        bare = line.rstrip("\n")
        if self._ticks:
            self._inside_fence(bare)
        elif self._until or self._opens_verbatim(bare):
            if comment := _COMMENT_LINE.fullmatch(bare):
                self.blocks.comments.append((number, comment["text"]))
            self._inside_verbatim(line)
            return
        elif self._opens_fence(number, bare) or self._is_indented_code(bare):
            pass
        else:
            self._prose(number, bare, line)
            return
        self.lines.append(_blank(line))

    def _inside_fence(self, bare: str) -> None:
        closing = _FENCE_CLOSE.fullmatch(bare)
        if closing and closing["ticks"].startswith(self._ticks):
            self._ticks = ""
            fence = self.blocks.fences[-1]
            self.blocks.fences[-1] = FenceBlock(fence.info, fence.line, closed=True)

    def _opens_fence(self, number: int, bare: str) -> bool:
        opening = _FENCE_OPEN.fullmatch(bare)
        if not opening or (opening["ticks"][0] == "`" and "`" in opening["info"]):
            return False
        if not self._in_list and _indent(bare) >= _CODE_INDENT:
            return False
        self._ticks = opening["ticks"]
        self._in_list = self._in_list or bool(_LIST_ITEM.match(bare))
        self.blocks.fences.append(FenceBlock(opening["info"].strip(), number, closed=False))
        return True

    def _opens_verbatim(self, bare: str) -> bool:
        if bare.lstrip().startswith("<!--") and _indent(bare) < _CODE_INDENT:
            self._until = "-->"
        elif tag := _VERBATIM.match(bare):
            self._until = f"</{tag['tag'].lower()}>"
        return bool(self._until)

    def _inside_verbatim(self, line: str) -> None:
        """Blank a comment, or what stands between the tags of an element whose content is not Markdown."""
        end = line.lower().find(self._until)
        if end < 0:
            is_tag_line = self._until != "-->" and bool(_VERBATIM.match(line))
            self.lines.append(line if is_tag_line else _blank(line))
            return
        rest = end + len(self._until)
        self._until = ""
        self.lines.append(_blank(line[:rest]) + line[rest:])

    def _is_indented_code(self, bare: str) -> bool:
        return self._after_blank and not self._in_list and bool(bare.strip()) and _indent(bare) >= _CODE_INDENT

    def _prose(self, number: int, bare: str, line: str) -> None:
        self.lines.append(line)
        if not bare.strip():
            self._after_blank = True
            return
        if _LIST_ITEM.match(bare):
            self._in_list = True
        elif self._after_blank and _indent(bare) == 0:
            self._in_list = False
        self._after_blank = False
        if heading := _HEADING.fullmatch(bare):
            self.blocks.headings.append((number, len(heading["marks"]), heading["text"] or ""))


def divide(text: str) -> Blocks:
    """Return the text with its code and comments blanked out, its fences, and its headings."""
    divider = _Divider()
    for number, line in enumerate(text.splitlines(keepends=True)):
        divider.take(number, line)
    divider.blocks.prose = "".join(divider.lines)
    return divider.blocks


def _blank(text: str) -> str:
    return "".join(character if character in "\r\n" else " " for character in text)


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip(" "))
