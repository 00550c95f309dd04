"""Which lines of a Markdown text are code or comment, and which are headings.

Follows CommonMark as far as the two renderers that matter agree on it: the code host's, and Python-Markdown with
superfences. Underlined (setext) headings are not read; the Markdown linter forbids them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_ITEM = r"(?:[-*+]|\d{1,9}[.)])"
_FENCE_OPEN = re.compile(rf"(?P<lead>[ \t>]*(?:{_ITEM}[ \t]+)*)(?P<ticks>`{{3,}}|~{{3,}})(?P<info>.*)")
_FENCE_CLOSE = re.compile(r"(?P<lead>[ \t>]*)(?P<ticks>`{3,}|~{3,})[ \t]*")
_HEADING = re.compile(r"(?:>[ \t]?)* {0,3}(?P<marks>#{1,6})(?P<text>[ \t].*)?")
_OPENS_INDENT = re.compile(rf"[ \t>]*(?:{_ITEM}(?:[ \t]|$)|\[\^[^\]]+\]:|(?:===|!!!|\?\?\?)[+!]?[ \t])")
"""List items, footnotes, tabs and admonitions: what is indented below them is no code."""
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}")
_CODE_INDENT = 4
_VERBATIM = re.compile(r" {0,3}<(?P<tag>script|style)\b", re.IGNORECASE)
_HTML = re.compile(
    r" {0,3}</?(?:address|article|aside|blockquote|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form"
    r"|h[1-6]|header|iframe|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)\b(?![^>]*\smarkdown\s*=)",
    re.IGNORECASE,
)
_PRE = re.compile(r" {0,3}<pre\b", re.IGNORECASE)
_MARKS = str.maketrans(dict.fromkeys("[]`", " "))
"""Without these, no Markdown link can be read; raw HTML tags still are."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced code block."""

    info: str
    """What stands behind the opening marks."""
    line: int
    """Line of the opening marks."""
    closed: bool
    code: str = ""
    """What stands between the marks, without the indent of the opening ones."""


@dataclass(slots=True)
class Blocks:
    """A text divided into what is prose and what is not; lines are those of the file."""

    prose: str = ""
    """The text, as long as before, with code and comments blanked out."""
    fences: list[Fence] = field(default_factory=list)
    headings: list[tuple[int, int, str]] = field(default_factory=list)
    """Line, level, and raw text."""
    comments: list[tuple[int, str]] = field(default_factory=list)
    """Line, and text of each comment that fills its line."""


class _Divider:
    """Walks over the lines and remembers which block it is in."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self.lines: list[str] = []
        self._ticks = ""
        self._lead = ""
        self._code: list[str] = []
        self._until = ""
        self._html_until = ""
        self._in_list = False
        self._after_blank = True

    def take(self, number: int, line: str) -> None:
        bare = line.rstrip("\n")
        if self._ticks:
            self._inside_fence(bare)
        elif self._until or self._opens_verbatim(number, bare):
            self._inside_verbatim(line)
            return
        elif self._opens_fence(number, bare) or self._is_indented_code(bare):
            pass
        elif self._html_until or self._opens_html(bare):
            self._inside_html(line)
            return
        else:
            self._prose(number, bare, line)
            return
        self.lines.append(_blank(line))

    def _inside_fence(self, bare: str) -> None:
        closing = _FENCE_CLOSE.fullmatch(bare)
        if closing and closing["ticks"].startswith(self._ticks) and self._is_level(closing["lead"]):
            self._ticks = ""
            fence = self.blocks.fences[-1]
            self.blocks.fences[-1] = Fence(fence.info, fence.line, closed=True, code="".join(self._code))
        else:
            self._code.append(f"{_without(self._lead, bare)}\n")

    def _is_level(self, lead: str) -> bool:
        """Whether a closing mark stands at its fence's depth; further in, it belongs to what the fence holds."""
        return lead.count(">") == self._lead.count(">") and _width(lead) < _width(self._lead) + _CODE_INDENT

    def _opens_fence(self, number: int, bare: str) -> bool:
        opening = _FENCE_OPEN.fullmatch(bare)
        if not opening or (opening["ticks"][0] == "`" and "`" in opening["info"]):
            return False
        if not self._in_list and _indent(bare) >= _CODE_INDENT:
            return False
        self._ticks, self._lead, self._code = opening["ticks"], opening["lead"], []
        self._in_list = self._in_list or bool(_OPENS_INDENT.match(bare))
        self.blocks.fences.append(Fence(opening["info"].strip(), number, closed=False))
        return True

    def _opens_verbatim(self, number: int, bare: str) -> bool:
        stripped = bare.strip()
        if stripped.startswith("<!--") and _indent(bare) < _CODE_INDENT:
            self._until = "-->"
            if stripped.endswith("-->"):
                self.blocks.comments.append((number, stripped[4:-3].strip()))
        elif tag := _VERBATIM.match(bare):
            self._until = f"</{tag['tag'].lower()}>"
        return bool(self._until)

    def _inside_verbatim(self, line: str) -> None:
        """Blank a comment, or what stands between the tags of an element whose content is neither text nor Markdown."""
        end = line.lower().find(self._until)
        if end < 0:
            is_tag_line = self._until != "-->" and bool(_VERBATIM.match(line))
            self.lines.append(line if is_tag_line else _blank(line))
            return
        rest = end + len(self._until)
        self._until = ""
        self.lines.append(_blank(line[:rest]) + line[rest:])

    def _opens_html(self, bare: str) -> bool:
        if _HTML.match(bare):
            self._html_until = "</pre>" if _PRE.match(bare) else "\n"
        return bool(self._html_until)

    def _inside_html(self, line: str) -> None:
        """Keep the tags of an HTML block, which ends at a blank line, and disarm what looks like Markdown in it."""
        self.lines.append(line.translate(_MARKS))
        ended = not line.strip() if self._html_until == "\n" else self._html_until in line.lower()
        if ended:
            self._html_until = ""
            self._after_blank = True

    def _is_indented_code(self, bare: str) -> bool:
        return self._after_blank and not self._in_list and bool(bare.strip()) and _indent(bare) >= _CODE_INDENT

    def _prose(self, number: int, bare: str, line: str) -> None:
        self.lines.append(line)
        if not bare.strip():
            self._after_blank = True
            return
        if _OPENS_INDENT.match(bare) and not _RULE.fullmatch(bare):
            self._in_list = True
        elif self._after_blank and _indent(bare) == 0:
            self._in_list = False
        self._after_blank = False
        if heading := _HEADING.fullmatch(bare):
            self.blocks.headings.append((number, len(heading["marks"]), _heading_text(heading["text"] or "")))


def divide(text: str, first_line: int = 1) -> Blocks:
    """Return the text with its code and comments blanked out, its fences, headings and comments."""
    divider = _Divider()
    for number, line in enumerate(_LINE.findall(text), start=first_line):
        divider.take(number, line)
    divider.blocks.prose = "".join(divider.lines)
    return divider.blocks


def _heading_text(text: str) -> str:
    """Return a heading's text without the marks that may close it."""
    text = text.strip()
    opened = text.rstrip("#")
    return opened.rstrip() if not opened or opened[-1].isspace() else text


def _blank(text: str) -> str:
    return "".join(character if character in "\r\n" else " " for character in text)


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip(" "))


def _without(lead: str, line: str) -> str:
    """Return a fence's line without the quotation marks and the indent that its opening marks have."""
    for _ in range(lead.count(">")):
        line = line.partition(">")[2].removeprefix(" ")
    indent = _width(lead.rpartition(">")[2].removeprefix(" ")) if ">" in lead else _width(lead)
    return line[min(indent, _indent(line)) :] if line.strip() else ""


def _width(lead: str) -> int:
    return len(lead.expandtabs(4))
