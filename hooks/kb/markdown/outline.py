"""The parts of a Markdown text that have addresses or point to some."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from kb.markdown.blocks import Fence, divide
from kb.markdown.inline import Identifier, Kind, LabelUse, Span, find, normalise, unescape
from kb.slugs import slug

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEFINITION = re.compile(
    r"""^[ ]{0,3}(?:>[ ]?)*(?:[-*+][ ]+)?\[(?P<label>(?!\^)(?:\\.|[^\[\]\\])+)\]:[ \t]*+(?:\n[ \t]*+)?
    (?:<(?P<angle>[^<>\n]*)>|(?P<bare>[^\s<]\S*+))
    (?:[ \t]+(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\((?:\\.|[^()\\\n])*\)))?[ \t]*$""",
    re.MULTILINE | re.VERBOSE,
)
_PARAGRAPH_END = re.compile(r"\n[ \t>]*(?=\n)|\n(?=[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t])|(?<=\n)(?= {0,3}#{1,6}[ \t])|$")
_SHOWN = re.compile(
    r"""(?<!`)(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)
    |(?P<image>!)?\[(?P<text>[^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])
    |(?P<tag></?[A-Za-z][^<>]*>)
    |\\(?P<escaped>[!-/:-@\[-`{-~])""",
    re.VERBOSE,
)
_EMPHASIS = re.compile(
    r"(?P<stars>\*{1,3})(?=\S)(?P<strong>[^*]+)(?P=stars)|(?<!\w)(?P<under>_{1,3})(?=\S)(?P<weak>[^_]+)(?P=under)(?!\w)"
)
_ATTRIBUTE_LIST = re.compile(r"\{:?(?P<list>[^{}\n]*)\}")
_ID = re.compile(r"#(?P<id>[\w-]+)")
_HEADING_ID = re.compile(r"(?<![ \t])[ \t]+\{:?[ \t]*[#.][^{}]*\}[ \t]*$")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and its level, 1 to 6."""

    level: int
    text: str
    """Plain: without markup."""
    line: int

    @property
    def slug(self) -> str:
        """Its id on the code host and on the site."""
        return slug(self.text)


@dataclass(frozen=True, slots=True)
class Link:
    """A link, an image, or an address in a raw HTML tag."""

    kind: Kind
    target: str
    """Unescaped, as the author meant it."""
    line: int
    start: int
    """Offset of the target in the text that was scanned."""
    end: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of a label that no definition on the page defines."""

    label: str
    line: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """An element's id."""

    id: str
    line: int


@dataclass(frozen=True, slots=True)
class Directive:
    """A line `<!-- kb:name -->`, in whose place the site shows a view of the data."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What a page holds, in the order of its lines."""

    headings: tuple[Heading, ...]
    fences: tuple[Fence, ...]
    links: tuple[Link, ...]
    undefined: tuple[Reference, ...]
    ids: tuple[Anchor, ...]
    """Set by raw HTML tags."""
    site_ids: tuple[Anchor, ...]
    """Set by attribute lists (`{#id}`), which the code host prints as they stand."""
    directives: tuple[Directive, ...]

    @property
    def anchors(self) -> frozenset[str]:
        """Every fragment that the code host can scroll to."""
        return frozenset(heading.slug for heading in self.headings) | frozenset(anchor.id for anchor in self.ids)


def scan(text: str, first_line: int = 1) -> Outline:
    """Return the outline of a text whose first line is `first_line` of its file."""
    blocks = divide(text, first_line)
    starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def line(offset: int) -> int:
        return first_line + bisect_right(starts, offset) - 1

    definitions, prose = _definitions(blocks.prose)
    labels = {label for label, _ in definitions}
    found = [item for start, end in _paragraphs(prose) for item in find(prose, start, end)]
    spans = [span for _, span in definitions] + [item for item in found if isinstance(item, Span)]
    uses = (item for item in found if isinstance(item, LabelUse) and normalise(item.label) not in labels)
    return Outline(
        headings=tuple(Heading(level, plain(raw), at) for at, level, raw in blocks.headings),
        fences=tuple(blocks.fences),
        links=tuple(
            Link(span.kind, span.target, line(span.start), span.start, span.end)
            for span in sorted(spans, key=lambda span: span.start)
        ),
        undefined=tuple(Reference(use.label, line(use.start)) for use in uses),
        ids=tuple(Anchor(item.value, line(item.start)) for item in found if isinstance(item, Identifier)),
        site_ids=tuple(Anchor(name, line(offset)) for name, offset in _attribute_ids(prose)),
        directives=tuple(
            Directive(text.removeprefix("kb:"), at) for at, text in blocks.comments if text.startswith("kb:")
        ),
    )


def plain(markdown: str) -> str:
    """Return the text that a reader sees of one line of Markdown."""

    def shown(match: re.Match[str]) -> str:
        if match["ticks"]:
            return html.escape(match["code"].strip())
        return match["escaped"] or ("" if match["image"] else match["text"]) or ""

    text = _SHOWN.sub(shown, _HEADING_ID.sub("", markdown))
    text = _EMPHASIS.sub(lambda match: match["strong"] or match["weak"], text)
    return " ".join(html.unescape(text).split())


def _attribute_ids(prose: str) -> Iterator[tuple[str, int]]:
    for attributes in _ATTRIBUTE_LIST.finditer(prose):
        if name := _ID.search(attributes["list"]):
            yield name["id"], attributes.start()


def _definitions(prose: str) -> tuple[list[tuple[str, Span]], str]:
    """Return the link definitions by normalised label, and the prose without them."""
    definitions = []
    for match in _DEFINITION.finditer(prose):
        group = "bare" if match["angle"] is None else "angle"
        span = Span(Kind.DEFINITION, unescape(match[group]), match.start(group), match.end(group))
        definitions.append((normalise(match["label"]), span))
    return definitions, _DEFINITION.sub(lambda match: " " * len(match[0]), prose)


def _paragraphs(prose: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets between which a code span or a link may stretch."""
    ends = sorted({0, len(prose), *(match.end() for match in _PARAGRAPH_END.finditer(prose))})
    yield from pairwise(ends)
