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

from kb.addresses import (
    answer_uri,
    area_uri,
    relative,
    relative_url,
    resolve,
    rule_uri,
    site_path,
    source_uri,
    tool_uri,
    view,
)
from kb.citations import linked_from
from kb.links.targets import LINE_ANCHOR, is_outside
from kb.markdown import RAW
from kb.model import Place
from kb.render import VIEWS
from kb.render.answer import answer_page, former_answer_page
from kb.render.rule import RulePage
from kb.render.rule import render as rule_page
from kb.render.rules import area_page, retired_page
from kb.render.sources import source_page, sources_of
from kb.render.tool import tool_page
from kb.templates.key_files import shown_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kb.markdown import Link
    from kb.model import Library, Page
    from kb.rules.model import Rule


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
    citing = linked_from(library.pages.values())
    rules = {rule.page.path: rule for rule in library.rules.values()}
    written = []
    for page in library.pages.values():
        settings = {**_head(page.title, page.description), **page.settings}
        lines, links = _lines(library, page, code_host)
        if rule := rules.get(page.path):
            settings["title"] = _rule_title(rule)
            body = rule_page(RulePage(library, rule, lines, citing.get(page.path, ()))) + "\n"
        else:
            body = "\n".join(lines) + _cited(library, page)
        text = _front_matter(settings) + body.lstrip("\n")
        written.append(StagedPage(page.uri, text, Place(page.path, 1), links, page))
    return (
        *written,
        *_sources(library),
        *_answers(library),
        *_former_answers(library),
        *_tools(library),
        *_areas(library),
        *_retired(library),
    )


def _lines(library: Library, page: Page, code_host: str) -> tuple[list[str], tuple[tuple[str, Link], ...]]:
    """Return a page's body for the site, one entry for each line of the file, and its links."""
    links = [(_target(library, page, link, code_host), link) for link in page.outline.links]
    body = page.body
    for target, link in reversed(links):
        if target is not None:
            body = body[: link.start] + target + body[link.end :]
    lines = body.split("\n")
    for directive in page.outline.directives:
        lines[directive.line - page.first_line] = VIEWS[directive.name](library, page.uri)
    for fence in page.outline.fences:
        language, _, marks = fence.info.partition(" ")
        if marks and not shown_file(fence.info):
            at = fence.line - page.first_line
            lines[at] = lines[at].rstrip().removesuffix(fence.info) + language
    return lines, tuple((link.target if target is None else target, link) for target, link in links)


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


def _former_answers(library: Library) -> Iterator[StagedPage]:
    for each in library.tree.retired:
        if each.kind == "answer":
            title = f"{each.id}, an answer that has gone"
            text = _page(title, each.reason, former_answer_page(library, each), unlisted=True)
            yield StagedPage(answer_uri(each.id), text, each.place)


def _tools(library: Library) -> Iterator[StagedPage]:
    for tool in library.tools.values():
        text = _page(tool.name, tool.purpose, tool_page(library, tool))
        yield StagedPage(tool_uri(tool.id), text, tool.place)


def _areas(library: Library) -> Iterator[StagedPage]:
    for area in library.areas.values():
        text = _page(area.title, area.about, area_page(library, area))
        yield StagedPage(area_uri(area.id), text, area.place)


def _retired(library: Library) -> Iterator[StagedPage]:
    for given in library.ids:
        if given.retired is not None:
            text = _page(f"{given.id} — retired", given.retired, retired_page(library, given), unlisted=True)
            yield StagedPage(rule_uri(given.id), text, given.place)


def _rule_title(rule: Rule) -> str:
    return html.escape(f"{rule.id} — {rule.title}", quote=False)


def _page(title: str, description: str, body: str, *, unlisted: bool = False) -> str:
    """Return a page; the search does not find one that is unlisted."""
    settings: dict[str, object] = {**_head(title, description)}
    if unlisted:
        settings["search"] = {"exclude": True}
    return f"{_front_matter(settings)}{body}\n"


def _head(title: str, description: str) -> dict[str, str]:
    """Return both as HTML, for the theme writes them into its pages as they are."""
    return {"title": html.escape(title, quote=False), "description": html.escape(description)}


def _front_matter(settings: Mapping[str, object]) -> str:
    """Return front matter whose values are JSON, which is YAML too, and far quicker to write."""
    lines = (f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in settings.items())
    return f"---\n{''.join(lines)}---\n\n"
