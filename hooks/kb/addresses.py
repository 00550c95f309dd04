"""Which address on the site belongs to which file of the repository."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIXED = {
    "SKILL.md": "skill.md",
    "README.md": "readme.md",
    "resources/operational-playbook.md": "playbook.md",
}
_VIEWS = {
    "data/sources.json": "sources.md",
    "data/decision-tree.json": "decide.md",
    "data/decision-tables.json": "playbook.md",
    "data/areas.json": "rules.md",
    "data/tools": "tools.md",
    "data/verification.json": "verification.md",
    "resources/rules": "rules.md",
    "resources": "look-up.md",
    "resources/related": "related.md",
    "templates": "start.md",
}
"""Data files and folders, and the pages that show what is in them."""
_PATTERNS = (
    (re.compile(r"docs/(.+\.md)"), r"\1"),
    (re.compile(r"resources/backend-best-practices\.md"), "guides/node.md"),
    (re.compile(r"resources/([\w-]+)-best-practices\.md"), r"guides/\1.md"),
    (re.compile(r"resources/rules/[a-z]+/(BK\d+)-[a-z0-9-]+\.md"), r"r/\1.md"),
    (re.compile(r"resources/related/([\w-]+)\.md"), r"related/\1.md"),
    (re.compile(r"templates/contract/README\.md"), "t/contract.md"),
    (re.compile(r"templates/nodejs/template-[\w-]+\.md"), "t/node.md"),
    (re.compile(r"templates/([\w-]+)/template-[\w-]+\.md"), r"t/\1.md"),
)


_AREA = re.compile(r"resources/rules/([a-z]+)")
_TEMPLATE_DEPTH = 2


def address(path: str) -> str | None:
    """Return the page at which the site shows a Markdown file, or None where it does not."""
    if path in _FIXED:
        return _FIXED[path]
    for pattern, uri in _PATTERNS:
        if match := pattern.fullmatch(path):
            return match.expand(uri)
    return None


def is_misplaced(path: str) -> bool:
    """Whether a Markdown file stands among those that the site shows, and has no address itself."""
    in_resources = path.startswith("resources/")
    beside_a_template = path.startswith("templates/") and path.count("/") == _TEMPLATE_DEPTH
    return path.endswith(".md") and address(path) is None and (in_resources or beside_a_template)


def is_rule(path: str) -> bool:
    """Whether a file is a rule's page."""
    return (address(path) or "").startswith("r/")


def view(path: str) -> str | None:
    """Return the page that shows a data file or a folder, or None where there is none."""
    area = _AREA.fullmatch(path.rstrip("/"))
    return area_uri(area[1]) if area else _VIEWS.get(path.rstrip("/"))


def site_path(path: str) -> str | None:
    """Return where the site serves a file or a folder: a page, a view, an asset of docs/, or None for nowhere."""
    asset = path.removeprefix("docs/") if path.startswith("docs/") else None
    return address(path) or view(path) or asset


def archive_uri(stack: str) -> str:
    """Return where the site serves the zip of a stack's template."""
    return f"t/{stack}.zip"


def source_uri(source: str) -> str:
    """Return the page of a source."""
    return f"s/{source}.md"


def rule_uri(rule: str) -> str:
    """Return the page of a rule."""
    return f"r/{rule}.md"


def area_uri(area: str) -> str:
    """Return the page that lists the rules of an area."""
    return f"rules/{area}.md"


def answer_uri(answer: str) -> str:
    """Return the page of an answer of the decision tree."""
    return f"decide/{answer}.md"


def tool_uri(tool: str) -> str:
    """Return the page of a tool."""
    return f"tool/{tool}.md"


def page_url(uri: str) -> str:
    """Return the address of a page below the site's root: `guides/go.md` is served at `guides/go/`."""
    folder, name = posixpath.split(uri.removesuffix(".md"))
    if name in {"index", "README"}:
        return f"{folder}/" if folder else ""
    return f"{posixpath.join(folder, name)}/"


def folders_of(files: Iterable[str]) -> frozenset[str]:
    """Return every folder that holds one of the files, `.` for the root."""
    return frozenset(str(folder) for path in files for folder in PurePosixPath(path).parents)


def resolve(folder: str, target: str) -> str | None:
    """Return where a relative path leads from a folder, or None where it climbs above the root."""
    path = posixpath.normpath(posixpath.join(folder, target))
    return None if path.startswith("../") or path == ".." else path


def relative_url(target: str, page: str) -> str:
    """Return the address of a page or an asset as a browser resolves it from a page, both given as uris."""
    return relative(page_url(target) if target.endswith(".md") else target, page_url(page)) or "."


def relative(target: str, page: str) -> str:
    """Return the path to a file, or to a folder that ends in a slash, as written on a page; both below one root."""
    there, here = target.split("/"), page.split("/")[:-1]
    shared = 0
    while shared < min(len(there) - 1, len(here)) and there[shared] == here[shared]:
        shared += 1
    return "../" * (len(here) - shared) + "/".join(there[shared:])
