"""The key files that a template's page carries: fences whose title names a file of the project, with the file's text."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from kb.documents import read_text
from kb.problems import InvalidError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from kb.markdown import Fence
    from kb.model import Page

_TITLE = re.compile(r'title="(?P<file>[^"]+)"')


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A fence, and the file that it shows."""

    page: Page
    fence: Fence
    path: str
    """Of the file, from the root of the repository."""
    text: str | None
    """What the file holds; None where there is no such file."""


def shown_file(info: str) -> str | None:
    """Return the file that a fence shows, as a path from its page's folder, or None for any other fence."""
    title = _TITLE.fullmatch(info.partition(" ")[2])
    return title["file"] if title else None


def key_files(root: Path, pages: Iterable[Page]) -> Iterator[KeyFile]:
    """Read the file of every fence that shows one."""
    for page in pages:
        for fence in page.outline.fences:
            if file := shown_file(fence.info):
                path = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), file))
                yield KeyFile(page, fence, path, _text(root, path))


def _text(root: Path, path: str) -> str | None:
    try:
        return read_text(root, path) if path.startswith("templates/") else None
    except InvalidError:
        return None


def check_key_files(found: Iterable[KeyFile]) -> Iterator[Problem]:
    """Yield a problem for each fence that is not what its file is."""
    for each in found:
        place = each.page.path, each.fence.line
        if each.text is None:
            yield Problem(*place, "KB401", f"shows {each.path}, which is no text file of a template")
        elif each.fence.code != each.text:
            line = _first_difference(each.fence.code, each.text)
            message = f"differs from {each.path} in line {line} of it"
            yield Problem(*place, "KB401", message, "run `make key-files`, which copies the file into the page")


def _first_difference(shown: str, real: str) -> int:
    lines = zip_longest(shown.splitlines(), real.splitlines())
    return next((number for number, (left, right) in enumerate(lines, 1) if left != right), 1)


def rewrite(root: Path, found: Iterable[KeyFile]) -> list[str]:
    """Put the text of each file into its fence; return the pages that changed."""
    changed: dict[str, list[str]] = {}
    for each in sorted(found, key=lambda each: (each.page.path, -each.fence.line)):
        if each.text is None or each.fence.code == each.text:
            continue
        lines = changed.setdefault(each.page.path, read_text(root, each.page.path).splitlines(keepends=True))
        start = each.fence.line
        lines[start : start + each.fence.code.count("\n")] = [each.text]
    for path, lines in changed.items():
        (root / path).write_text("".join(lines), encoding="utf-8")
    return sorted(changed)
