"""Where in a paragraph the links stand: Markdown's own, and those of raw HTML tags."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from kb.attributes import css_addresses, srcset

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_DESTINATION = re.compile(
    r"""\(\s*(?:<(?P<angle>[^<>\n]*)>|(?P<bare>(?:\\.|\((?:\\.|\((?:\\.|[^()\s\\])*\)|[^()\s\\])*\)|[^()\s\\<]|(?<!\()<)*))
    (?:\s+(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\((?:\\.|[^()\\])*\)))?\s*\)""",
    re.VERBOSE,
)
_LOOSE = re.compile(r"\([ \t]*(?P<target>[^()\s\"'<]+(?:[ \t]+[^()\s\"'<]+)+)[ \t]*\)")
_LABEL = re.compile(r"\[(?P<label>(?:\\.|[^\[\]\\])*)\]")
_AUTOLINK = re.compile(r"<(?P<target>[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>")
_ATTRIBUTE = r"""\s+(?P<{0}name>[A-Za-z_:@][\w.:-]*)(?:\s*=\s*(?:"(?P<{0}double>[^"]*)"|'(?P<{0}single>[^']*)'|(?P<{0}bare>[^\s"'=<>`]+)))?"""
_TAG = re.compile(r"<(?P<tag>[A-Za-z][A-Za-z0-9-]*)(?P<attributes>(?:" + _ATTRIBUTE.format("_") + r")*)\s*/?>")
_ONE_ATTRIBUTE = re.compile(_ATTRIBUTE.format(""))
_TICKS = re.compile(r"`+")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


class Kind(StrEnum):
    """How a link is written."""

    LINK = "link"
    IMAGE = "image"
    DEFINITION = "definition"
    AUTOLINK = "autolink"
    HTML = "html"
    """The `href` of a raw HTML tag."""
    RESOURCE = "resource"
    """What a raw HTML tag makes the browser fetch."""
    LOOSE = "loose"
    """A Markdown link whose target holds spaces, which the site follows and the code host does not."""


RAW = frozenset({Kind.HTML, Kind.RESOURCE})
"""Links of raw HTML, which the browser resolves and no Markdown renderer touches."""


@dataclass(frozen=True, slots=True)
class Span:
    """A link's target as it stands between two offsets of the text."""

    kind: Kind
    target: str
    """Unescaped."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LabelUse:
    """`[text][label]` or `[label][]`."""

    label: str
    start: int


@dataclass(frozen=True, slots=True)
class Identifier:
    """An `id`, or the `name` of an anchor, of a raw HTML tag."""

    value: str
    start: int


Found = Span | LabelUse | Identifier


def normalise(label: str) -> str:
    """Return the form under which CommonMark compares labels."""
    return " ".join(label.split()).casefold()


def unescape(text: str) -> str:
    """Undo backslash escapes and character references."""
    return html.unescape(_ESCAPED.sub(r"\1", text))


def find(text: str, start: int, end: int) -> Iterator[Found]:
    """Yield what a paragraph between two offsets holds."""
    brackets: list[int] = []
    at = start
    while at < end:
        character = text[at]
        if character == "\\":
            at += 2
        elif character == "`":
            at = _after_code(text, at, end)
        elif character == "<":
            at = yield from _angle(text, at, end)
        elif character == "]" and brackets:
            at = yield from _closed(text, brackets.pop(), at, end)
        else:
            if character == "[":
                brackets.append(at)
            at += 1


def _after_code(text: str, at: int, end: int) -> int:
    """Return the offset behind a code span, or behind its opening ticks if they are never closed."""
    opening = _TICKS.match(text, at, end)
    assert opening  # noqa: S101 - the caller saw a tick
    for run in _TICKS.finditer(text, opening.end(), end):
        if len(run[0]) == len(opening[0]):
            return run.end()
    return opening.end()


def _angle(text: str, at: int, end: int) -> Generator[Found, None, int]:
    """Read a comment, an autolink or a tag; return the offset behind it."""
    if text.startswith("<!--", at) and (closing := text.find("-->", at, end)) >= 0:
        return closing + len("-->")
    if link := _AUTOLINK.match(text, at, end):
        yield Span(Kind.AUTOLINK, link["target"], link.start("target"), link.end("target"))
        return link.end()
    if tag := _TAG.match(text, at, end):
        yield from _attributes(tag)
        return tag.end()
    return at + 1


def _closed(text: str, opening: int, closing: int, end: int) -> Generator[Found, None, int]:
    """Read what follows `]`: a destination, a label, or nothing; return the offset behind it."""
    kind = Kind.IMAGE if opening and text[opening - 1] == "!" else Kind.LINK
    if destination := _DESTINATION.match(text, closing + 1, end):
        group = "bare" if destination["angle"] is None else "angle"
        yield Span(kind, unescape(destination[group]), destination.start(group), destination.end(group))
        return destination.end()
    if loose := _LOOSE.match(text, closing + 1, end):
        yield Span(Kind.LOOSE, unescape(loose["target"]), loose.start("target"), loose.end("target"))
        return loose.end()
    inner = text[opening + 1 : closing]
    label = _LABEL.match(text, closing + 1, end)
    if label and not inner.startswith("^") and not label["label"].startswith("^"):
        yield LabelUse(label["label"] or inner, opening)
        return label.end()
    return closing + 1


def _attributes(tag: re.Match[str]) -> Iterator[Found]:
    for attribute in _ONE_ATTRIBUTE.finditer(tag.string, tag.start("attributes"), tag.end("attributes")):
        group = next((name for name in ("double", "single", "bare") if attribute[name] is not None), None)
        if group is None:
            continue
        name, start = attribute["name"].lower(), attribute.start(group)
        if name == "id" or (name == "name" and tag["tag"].lower() == "a"):
            yield Identifier(html.unescape(attribute[group]), start)
        else:
            yield from _targets(name, attribute[group], start)


def _targets(attribute: str, value: str, start: int) -> Iterator[Span]:
    """Yield the addresses in the value of an HTML attribute."""
    if attribute in {"href", "src", "poster"}:
        kind = Kind.HTML if attribute == "href" else Kind.RESOURCE
        yield Span(kind, html.unescape(value), start, start + len(value))
        return
    reader = {"srcset": srcset, "style": css_addresses}.get(attribute)
    if reader:
        for offset, target in reader(value):
            at = start + offset
            yield Span(Kind.RESOURCE, html.unescape(target), at, at + len(target))
