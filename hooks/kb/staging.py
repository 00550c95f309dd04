"""Which pages the site consists of, as complete Markdown texts whose links fit their new places.

The staged tree is everything that a site generator needs: the hooks hand it to MkDocs, and `kb stage` writes it to a
folder for a generator that has no hooks.
"""

from __future__ import annotations

import html
import json
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from kb.addresses import answer_uri, relative, relative_url, resolve, site_path, source_uri, view
from kb.links.targets import LINE_ANCHOR, is_outside
from kb.markdown import RAW
from kb.model import Place
from kb.render import VIEWS
from kb.render.decide import answer_page
from kb.render.sources import source_page, sources_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kb.markdown import Link
    from kb.model import Library, Page


_TAIL_SAFE = "?#&=;:@/+,%!$*~-._"
"""What may stand in a query or a fragment, and cannot end a link or an attribute."""


@dataclass(frozen=True, slots=True)
class StagedPage:
    """A page of the site, ready to be rendered."""

    uri: str
    text: str
    place: Place
    """What a person edits to change the page."""
    links: tuple[tuple[str, Link], ...] = ()
    """Each link's target on the staged page, and the link as the author wrote it."""
    page: Page | None = None
    """None for a page that is generated from data."""


def stage(library: Library, code_host: str) -> tuple[StagedPage, ...]:
    """Return every page; links to files that the site does not show lead to `code_host`, the repository's URL."""
    code_host = code_host.rstrip("/")
    return (
        *(_written(library, page, code_host) for page in library.pages.values()),
        *_sources(library),
        *_answers(library),
    )


def _written(library: Library, page: Page, code_host: str) -> StagedPage:
    links = [(_target(library, page, link, code_host), link) for link in page.outline.links]
    body = page.body
    for target, link in reversed(links):
        if target is not None:
            body = body[: link.start] + target + body[link.end :]
    body = _with_views(library, page, body) + _cited(library, page)
    settings = {**_head(page.title, page.description), **page.settings}
    return StagedPage(
        uri=page.uri,
        text=_front_matter(settings) + body.lstrip("\n"),
        place=Place(page.path, 1),
        links=tuple((link.target if target is None else target, link) for target, link in links),
        page=page,
    )


def _target(library: Library, page: Page, link: Link, code_host: str) -> str | None:
    """Return a link's target as seen from the page's place on the site, or None to leave it as it is."""
    written, mark, fragment = link.target.partition("#")
    name, asked, query = written.partition("?")
    if is_outside(link.target) or not name or name.startswith("/"):
        return None
    path = resolve(posixpath.dirname(page.path), unquote(name))
    if path is None or (path not in library.files and path not in library.folders):
        return None
    tail = quote(asked + query + mark + fragment, safe=_TAIL_SAFE)
    uri = site_path(path)
    is_line_of_data = view(path) and LINE_ANCHOR.fullmatch(fragment)
    if uri and (path in library.files or view(path)) and not is_line_of_data:
        return quote(relative_url(uri, page.uri) if link.kind in RAW else relative(uri, page.uri)) + tail
    return f"{code_host}/{'blob' if path in library.files else 'tree'}/main/{quote(path)}{tail}"


def _with_views(library: Library, page: Page, body: str) -> str:
    lines = body.split("\n")
    for directive in page.outline.directives:
        lines[directive.line - page.first_line] = VIEWS[directive.name](library, page.uri)
    return "\n".join(lines)


def _cited(library: Library, page: Page) -> str:
    ids = sorted(library.cited_by.get(page.uri, ()))
    return f"\n## Sources on this page\n\n{sources_of(library, ids, page.uri)}\n" if ids else ""


def _sources(library: Library) -> Iterator[StagedPage]:
    for source in library.sources.values():
        text = _page(source.title, source.good_for, source_page(library, source))
        yield StagedPage(source_uri(source.id), text, source.place)


def _answers(library: Library) -> Iterator[StagedPage]:
    for question, answer in library.tree.answers.values():
        text = _page(answer.label, answer.choose_when, answer_page(library, question, answer))
        yield StagedPage(answer_uri(answer.id), text, answer.place)


def _page(title: str, description: str, body: str) -> str:
    return f"{_front_matter(_head(title, description))}{body}\n"


def _head(title: str, description: str) -> dict[str, str]:
    """Return both as HTML, for the theme writes them into its pages as they are."""
    return {"title": html.escape(title, quote=False), "description": html.escape(description)}


def _front_matter(settings: Mapping[str, object]) -> str:
    """Return front matter whose values are JSON, which is YAML too, and far quicker to write."""
    lines = (f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in settings.items())
    return f"---\n{''.join(lines)}---\n\n"
