"""Whether the links of the rendered pages work where they are read: on the site."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kb.addresses import page_url, resolve
from kb.attributes import css_addresses
from kb.links.rendered import Rendered, read_html
from kb.links.targets import is_outside, parse, scheme_fault
from kb.problems import closest, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken link, resource or id of a rendered page."""

    uri: str
    """The page or style sheet that holds it."""
    code: str
    message: str
    hint: str = ""
    subject: str = ""
    """The target as it stands in the HTML, or the id."""
    line: int = 1
    """Line of a style sheet; a rendered page has none that an author would know."""


@dataclass(frozen=True)
class Site:
    """A site as it will be served, before or after it is written to disk."""

    pages: Mapping[str, str]
    """HTML by page uri; the content alone, or the whole page."""
    files: frozenset[str]
    """Addresses of everything that is no page."""
    styles: Mapping[str, str] = field(default_factory=dict)
    """Style sheets by address."""
    excluded: frozenset[str] = frozenset()
    """Addresses of files that exist and are not served."""
    headings: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The ids that the headings of a page have on the code host."""
    entrances: frozenset[str] = frozenset()
    """Uris that need no link from another page: what is in the navigation."""


def check_site(site: Site) -> list[Fault]:
    """Return every broken link, missing resource, duplicate id and orphan of the site."""
    return list(_Checker(site).faults())


def count_links(site: Site) -> int:
    """Return how many addresses `check_site` follows."""
    rendered = map(read_html, site.pages.values())
    return sum(len(page.links) + len(page.resources) for page in rendered)


class _Checker:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._rendered = {uri: read_html(html) for uri, html in site.pages.items()}
        self._ids = {uri: frozenset(page.ids) for uri, page in self._rendered.items()}
        self._by_url = {page_url(uri): uri for uri in site.pages}
        self._addresses = frozenset(self._by_url) | site.files
        self._linked: set[str] = set()

    def faults(self) -> Iterator[Fault]:
        for uri, rendered in self._rendered.items():
            yield from self._page(uri, rendered)
        for path, css in self._site.styles.items():
            for offset, target in css_addresses(css):
                for fault in self._resource(path, posixpath.dirname(path), target):
                    yield replace(fault, line=css.count("\n", 0, offset) + 1)
        for uri, slugs in self._site.headings.items():
            for slug in sorted(slugs - self._ids.get(uri, slugs)):
                message = f"the heading `#{slug}` of the code host has another id here"
                yield Fault(uri, "KB111", message, nearest(slug, self._ids[uri]), slug)
        for uri in sorted(self._site.pages.keys() - self._linked - self._site.entrances):
            yield Fault(uri, "KB109", "is in no navigation, and no other page links to it")

    def _page(self, uri: str, rendered: Rendered) -> Iterator[Fault]:
        seen: set[str] = set()
        for anchor in rendered.ids:
            if anchor in seen:
                yield Fault(uri, "KB107", f"has the id `{anchor}` twice", subject=anchor)
            seen.add(anchor)
        for target in rendered.links:
            yield from self._link(uri, target)
        for target in rendered.resources:
            yield from self._resource(uri, page_url(uri), target)

    def _link(self, uri: str, target: str) -> Iterator[Fault]:
        if fault := scheme_fault(target):
            yield Fault(uri, "KB105", *fault, subject=target)
        if is_outside(target):
            return
        parsed = parse(target)
        path = self._resolved(page_url(uri), parsed.path)
        found = uri if not parsed.path else None if path is None else self._by_url.get(path)
        if found is None:
            if path is None or path not in self._site.files:
                yield self._dead(uri, target, path)
            return
        if found != uri:
            self._linked.add(found)
        if parsed.fragment not in {"", "top", *self._ids[found]}:
            message = f"`{target}`: {found} has no element `#{parsed.fragment}`"
            yield Fault(uri, "KB102", message, nearest(parsed.fragment, self._ids[found]), target)

    def _resource(self, uri: str, folder: str, target: str) -> Iterator[Fault]:
        if fault := scheme_fault(target):
            yield Fault(uri, "KB105", *fault, subject=target)
        elif target and not is_outside(target) and not target.startswith("#"):
            path = self._resolved(folder, parse(target).path)
            if path not in self._site.files and path not in self._by_url:
                yield self._dead(uri, target, path)

    def _resolved(self, folder: str, path: str) -> str | None:
        """Return the address below the root, with a slash where the target has one; None above the root."""
        if path.startswith("/"):
            return path  # the site may be served below a folder, so this never is an address of its own
        resolved = resolve(folder, path)
        if resolved is None or resolved == ".":
            return None if resolved is None else ""
        if posixpath.basename(resolved) == "index.html":
            return resolved.removesuffix("index.html")
        is_folder = path.endswith(("/", "/.", "/..")) or path in {".", ".."}
        return f"{resolved}/" if is_folder else resolved

    def _dead(self, uri: str, target: str, path: str | None) -> Fault:
        if path is None:
            return Fault(uri, "KB104", f"`{target}` climbs above the site's root", subject=target)
        if path.startswith("/"):
            message = f"`{target}` starts at the host's root, and the site may be served below a folder"
            return Fault(uri, "KB101", message, "use a relative link", target)
        if path in self._site.excluded:
            return Fault(uri, "KB108", f"`{target}` is excluded from the site", subject=target)
        near = closest(path, self._addresses)
        hint = f"did you mean /{near}?" if near else ""
        if near.lower() == path.lower():
            return Fault(uri, "KB103", f"`{target}` differs in case from {near}", hint, target)
        return Fault(uri, "KB101", f"`{target}` leads to {path or '/'}, which does not exist", hint, target)


def read_site(folder: Path) -> Site:
    """Return a built site; 404.html is left out, for its links start at the host's root."""
    pages, styles, files = {}, {}, set()
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        if file.name == "index.html":
            pages[f"{posixpath.dirname(path) or 'index'}.md"] = file.read_text(encoding="utf-8")
            continue
        files.add(path)
        if file.suffix == ".css":
            styles[path] = file.read_text(encoding="utf-8")
    return Site(pages, frozenset(files), styles, entrances=frozenset(pages))
