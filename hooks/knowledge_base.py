"""Hands the knowledge base to MkDocs: the pages before it renders them, the links after it has."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

from kb.assembly import load
from kb.links.locate import locate
from kb.links.site import Site, check_site
from kb.problems import InvalidError
from kb.render.statics import statics
from kb.slugs import slugify, tab_id
from kb.staging import stage
from kb.templates.project import archives

if TYPE_CHECKING:
    from collections.abc import Iterable

    import jinja2
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

    from kb.problems import Problem
    from kb.staging import StagedPage

_log = logging.getLogger("mkdocs.hooks.kb")
_AFTER_CROSS_REFERENCES = -100


class _Build:
    """What the events of one build pass on to each other."""

    staged: dict[str, StagedPage]
    problems: list[Problem]


_build = _Build()


def on_config(config: MkDocsConfig) -> None:
    """Give headings the ids that they have on the code host, and the tabs of stacks those of the stacks."""
    config.mdx_configs["toc"]["slugify"] = slugify
    config.mdx_configs["pymdownx.tabbed"]["slugify"] = tab_id


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Put every page of the library in the place of the Markdown files that MkDocs found by itself."""
    root = Path(config.config_file_path).parent
    try:
        library, _build.problems = load(root)
    except InvalidError as error:
        _warn(error.problems)
        message = "the site was not built; mend the problems above first"
        raise PluginError(message) from error
    pages = stage(library, str(config.repo_url))
    _build.staged = {page.uri: page for page in pages}
    for uri, page in _build.staged.items():
        if existing := files.get_file_from_path(uri):
            files.remove(existing)
        file = File.generated(config, uri, content=page.text)
        file.edit_uri = page.place.path
        files.append(file)
    for uri, content in archives(root):
        files.append(File.generated(config, uri, content=content))
    for uri, text in statics(library):
        file = File.generated(config, f"{uri}.static", content=text)  # under its own name, Markdown would be a page
        file.dest_uri = uri
        files.append(file)


@event_priority(_AFTER_CROSS_REFERENCES)
def on_env(env: jinja2.Environment, config: MkDocsConfig, files: Files) -> jinja2.Environment:
    """Follow every link of every rendered page and report all that is wrong at its line of the sources."""
    pages = [file.page for file in files.documentation_pages() if file.page]
    contents = {page.file.src_uri: page.content or "" for page in pages}
    site = Site(
        pages=contents,
        files=frozenset(
            unquote(file.url) for file in files if file.inclusion.is_included() and not file.is_documentation_page()
        ),
        styles=_style_sheets(config, files),
        excluded=frozenset(unquote(file.url) for file in files if not file.inclusion.is_included()),
        headings={
            uri: frozenset(heading.slug for heading in staged.page.outline.headings)
            for uri, staged in _build.staged.items()
            if staged.page and uri in contents
        },
        entrances=frozenset(page.file.src_uri for page in pages if _is_in_navigation(page)),
    )
    faults = locate(check_site(site), _build.staged, _build.problems)
    _warn([*_build.problems, *faults])
    return env


def _is_in_navigation(page: Page) -> bool:
    return page.is_homepage or page.parent is not None or page.previous_page is not None


def _style_sheets(config: MkDocsConfig, files: Files) -> dict[str, str]:
    own = (file for file in files.css_files() if Path(file.abs_src_path or "").is_relative_to(config.docs_dir))
    return {file.url: file.content_bytes.decode(errors="replace") for file in own}


def _warn(problems: Iterable[Problem]) -> None:
    for problem in problems:
        _log.warning("%s", problem)
