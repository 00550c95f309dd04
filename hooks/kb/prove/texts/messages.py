"""Whether a text is a transcript of HTTP, or a unified diff."""

from __future__ import annotations

import re
from http import HTTPMethod, HTTPStatus
from itertools import pairwise
from typing import TYPE_CHECKING

from kb.problems import InvalidError, nearest
from kb.prove.texts.notations import json_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kb.prove.texts.fences import Fault

_START = re.compile(r"HTTP/|[A-Za-z]+ (?:/|https?:|\*)")
"""How a start line begins, be it right or wrong."""
_REQUEST = re.compile(r"(?P<method>[A-Za-z]+) (?:/|https?://|\*)\S*(?: HTTP/(?:1\.[01]|2|3))?")
_RESPONSE = re.compile(r"HTTP/(?:1\.[01]|2|3) (?P<status>\d{3})(?: .*)?")
_HEADER = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(?P<value>.*)")
_JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json\b", re.IGNORECASE)
_METHODS = frozenset({*(method.value for method in HTTPMethod), "QUERY"})
_STATUSES = frozenset(str(status.value) for status in HTTPStatus)

_HUNK = re.compile(r"@@ -\d+(?:,(?P<old>\d+))? \+\d+(?:,(?P<new>\d+))? @@.*")
_FILE_LINE = re.compile(
    r"(?:diff|index|---|\+\+\+|old mode|new mode|new file mode|deleted file mode|similarity index|rename from|rename to"
    r"|copy from|copy to|Binary files) .*"
)


def http_faults(text: str) -> Iterator[Fault]:
    """Yield what is wrong with requests and responses that follow one another, each begun by its start line."""
    lines = text.splitlines()
    starts = [index for index, line in enumerate(lines) if _START.match(line)]
    for index, line in enumerate(lines[: starts[0] if starts else None]):
        if line.strip():
            yield index + 1, "stands before any start line: `GET /path HTTP/1.1` or `HTTP/1.1 200 OK`"
    for start, end in pairwise([*starts, len(lines)]):
        yield from _start_faults(start + 1, lines[start])
        blank = next((index for index in range(start + 1, end) if not lines[index].strip()), end)
        yield from _header_faults(start + 2, lines[start + 1 : blank])
        yield from _body_faults(lines[start + 1 : blank], blank + 1, "\n".join(lines[blank:end]))


def _start_faults(number: int, line: str) -> Iterator[Fault]:
    request, response = _REQUEST.fullmatch(line), _RESPONSE.fullmatch(line)
    if not request and not response:
        yield number, "is no start line: `GET /path HTTP/1.1` or `HTTP/1.1 200 OK`"
    elif request and request["method"] not in _METHODS:
        hint = nearest(request["method"].upper(), _METHODS)
        yield number, f"{request['method']} is no method of HTTP" + (f": {hint}" if hint else "")
    elif response and response["status"] not in _STATUSES:
        yield number, f"{response['status']} is no registered status"


def _header_faults(first: int, lines: Sequence[str]) -> Iterator[Fault]:
    for number, line in enumerate(lines, first):
        if not _HEADER.fullmatch(line):
            yield number, "is no header `Name: value`; a blank line ends the headers"


def _body_faults(headers: Sequence[str], first: int, body: str) -> Iterator[Fault]:
    """Yield the faults of a body that is JSON by its type, or by its looks where no type is named."""
    fields = {match["name"].lower(): match["value"] for line in headers if (match := _HEADER.fullmatch(line))}
    content_type = fields.get("content-type", "application/json" if body.strip()[:1] in {"{", "["} else "")
    if not body.strip() or not _JSON_TYPE.match(content_type):
        return
    try:
        for line, message in json_faults(body):
            yield first + line - 1, message
    except InvalidError as error:
        for problem in error.problems:
            yield first + problem.line - 1, problem.message


def diff_faults(text: str) -> Iterator[Fault]:
    """Yield what is wrong with a unified diff; without any hunk header it is a sketch whose lines carry the marks."""
    lines = text.splitlines()
    if any(line.startswith("@@ ") for line in lines):
        yield from _hunk_faults(lines)
        return
    if not any(line.startswith(("+", "-")) for line in lines):
        yield 1, "changes nothing: no line begins with `+` or `-`"
    for number, line in enumerate(lines, 1):
        if line and line[0] not in "+- \\" and line != "@@" and not _FILE_LINE.fullmatch(line):
            yield number, "begins with none of `+`, `-` and a blank"


def _hunk_faults(lines: Sequence[str]) -> Iterator[Fault]:
    header, old, new = 0, 0, 0
    for number, line in enumerate(lines, 1):
        match = _HUNK.fullmatch(line)
        if not match and (old > 0 or new > 0) and (not line or line[0] in "+- \\"):
            old -= line[:1] in {"", " ", "-"}
            new -= line[:1] in {"", " ", "+"}
            continue
        if old or new:
            yield header, _count(old, new)
        old = new = 0
        if match:
            header, old, new = number, int(match["old"] or 1), int(match["new"] or 1)
        elif line and not line.startswith("\\") and not _FILE_LINE.fullmatch(line):
            yield number, "belongs to no hunk: the header above counts fewer lines, or is none"
    if old or new:
        yield header, _count(old, new)


def _count(old: int, new: int) -> str:
    """Return what a hunk's header promised and its lines do not hold."""
    return f"the header counts {old:+} old and {new:+} new lines beside those of the hunk"
