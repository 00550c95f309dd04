"""Whether the links of the Markdown files work where they lie: on the code host, file by file."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from kb.addresses import folders_of, relative, resolve
from kb.citations import Register
from kb.links.targets import LINE_ANCHOR, is_outside, parse, scheme_fault
from kb.markdown import Kind
from kb.problems import Problem, closest, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kb.load import Draft
    from kb.markdown import Link
    from kb.model import Page


def check_repository(draft: Draft) -> list[Problem]:
    """Return every link of the draft's pages that is dead, or that only one of code host and site can follow."""
    checker = _Checker(draft)
    return [problem for page in draft.pages for problem in checker.check(page)]


class _Checker:
    def __init__(self, draft: Draft) -> None:
        self._files = draft.files
        self._known = draft.files | folders_of(draft.files)
        self._by_lower = {path.lower(): path for path in sorted(self._known, reverse=True)}
        self._pages = {page.path: page for page in draft.pages}
        self._uris = {page.uri for page in draft.pages}
        self._register = None if draft.sources is None else Register(draft.sources)

    def check(self, page: Page) -> Iterator[Problem]:
        for reference in page.outline.undefined:
            message = f"`[{reference.label}]` is defined nowhere on this page"
            yield Problem(page.path, reference.line, "KB106", message, subject=reference.label)
        for link in page.outline.links:
            for code, message, hint in self._faults(page, link):
                yield Problem(page.path, link.line, code, message, hint, link.target)

    def _faults(self, page: Page, link: Link) -> Iterable[tuple[str, str, str]]:
        if fault := scheme_fault(link.target):
            return [("KB105", *fault)]
        if is_outside(link.target):
            return self._unlisted(link.target)
        return self._inside(page, link)

    def _inside(self, page: Page, link: Link) -> Iterable[tuple[str, str, str]]:
        target = parse(link.target)
        if link.target.startswith("/"):
            return [self._absolute(page, target.path)]
        path = resolve(posixpath.dirname(page.path), target.path) if target.path else page.path
        if path is None:
            return [("KB104", f"`{link.target}` climbs above the repository's root", "")]
        if path not in self._known:
            return [self._missing(page, link.target, path)]
        return self._misplaced(link, path) or self._anchor(path, target.fragment)

    def _misplaced(self, link: Link, path: str) -> Iterable[tuple[str, str, str]]:
        """Return what keeps a living link from working in both places."""
        if link.kind is Kind.LOOSE:
            return [("KB110", f"`{link.target}` holds spaces", "write %20 for each, or put the target into <>")]
        if link.kind in {Kind.IMAGE, Kind.RESOURCE} and not path.startswith("docs/"):
            return [("KB111", f"`{link.target}` lies where the site serves no files", "move it below docs/assets/")]
        return []

    def _unlisted(self, url: str) -> Iterable[tuple[str, str, str]]:
        if url.lower().startswith(("mailto:", "tel:", "data:")) or self._register is None or self._register.find(url):
            return []
        return [("KB112", f"{url} is not in data/sources.json", "")]

    def _absolute(self, page: Page, path: str) -> tuple[str, str, str]:
        inside = path.strip("/")
        if inside in self._known:
            hint = f"write {relative(inside, page.path)}"
            return "KB111", f"`{path}` starts at the root of the code host's view", hint
        return "KB110", f"`{path}` starts at the root of the site", "link to the file in the repository"

    def _missing(self, page: Page, written: str, path: str) -> tuple[str, str, str]:
        if other := self._by_lower.get(path.lower()):
            return "KB103", f"`{written}` differs in case from {other}", ""
        uri = resolve(posixpath.dirname(page.uri), parse(written).path) or ""
        if {uri, f"{uri}.md", f"{uri}/index.md"} & self._uris or f"{uri.removesuffix('.html')}.md" in self._uris:
            return "KB110", f"`{written}` is an address of the site, not a file", "link to the file in the repository"
        return "KB101", f"`{written}` does not exist", _hint(page, path, self._files)

    def _anchor(self, path: str, fragment: str) -> Iterable[tuple[str, str, str]]:
        target = self._pages.get(path)
        if target is None or fragment in {"", "top", *target.outline.anchors}:
            return []
        if LINE_ANCHOR.fullmatch(fragment):
            return [("KB111", f"`#{fragment}` is a line of the code host's view of {path}", "link to a heading")]
        if target.outline.directives:
            return [("KB110", f"`#{fragment}` is no heading of {path}; at most a view that the site shows has it", "")]
        if fragment in {anchor.id for anchor in target.outline.site_ids}:
            return [("KB110", f"`#{fragment}` is set by an attribute list, which the code host does not read", "")]
        return [("KB102", f"{path} has no heading `#{fragment}`", nearest(fragment, target.outline.anchors))]


def _hint(page: Page, path: str, files: Iterable[str]) -> str:
    """Return the nearest file of the same kind, as the page would have to write it."""
    alike = [other for other in files if posixpath.splitext(other)[1] == posixpath.splitext(path)[1]]
    names = {posixpath.basename(other): other for other in sorted(alike)}
    close = closest(path, alike) or names.get(closest(posixpath.basename(path), names), "")
    return f"did you mean {relative(close, page.path)}?" if close else ""
