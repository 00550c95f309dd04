"""Where in the sources a fault of the rendered site was written."""

from __future__ import annotations

import posixpath
from collections import Counter
from typing import TYPE_CHECKING

from kb.addresses import page_url, resolve
from kb.links.targets import is_outside
from kb.markdown import RAW, Kind
from kb.model import Place
from kb.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kb.links.site import Fault
    from kb.model import Page
    from kb.staging import StagedPage


def locate(faults: Iterable[Fault], staged: Mapping[str, StagedPage], known: Iterable[Problem]) -> list[Problem]:
    """Return the faults at the lines that a person has to edit, without those that are known already."""
    reported = {(problem.path, problem.line, problem.subject) for problem in known}
    problems = {
        Problem(place.path, place.line, fault.code, fault.message, fault.hint, subject)
        for fault, count in Counter(faults).items()
        for place, subject in _places(fault, count, staged.get(fault.uri))
    }
    return sorted(problem for problem in problems if (problem.path, problem.line, problem.subject) not in reported)


def _places(fault: Fault, count: int, staged: StagedPage | None) -> list[tuple[Place, str]]:
    """Return where the fault was written; the page itself for what was found more often than it was written."""
    if staged is None:
        return [(Place(f"docs/{fault.uri}", fault.line), fault.subject)]
    if staged.page is None:
        return [(staged.place, fault.subject)]
    places = _lines_of(fault, staged.page) or _links_of(fault, staged)
    is_defined_once = any(link.kind is Kind.DEFINITION for _, link in staged.links)
    if len(places) < count and (not places or not is_defined_once):
        places.append((Place(staged.page.path, staged.page.outline.headings[0].line), fault.subject))
    return places


def _lines_of(fault: Fault, page: Page) -> list[tuple[Place, str]]:
    """Return the place of a fault of the page itself, or of one of its ids."""
    outline = page.outline
    if fault.code == "KB109":
        return [(Place(page.path, outline.headings[0].line), fault.subject)]
    if fault.code not in {"KB107", "KB111"}:
        return []
    lines = [anchor.line for anchor in (*outline.ids, *outline.site_ids) if anchor.id == fault.subject]
    lines += [heading.line for heading in outline.headings if heading.slug == fault.subject]
    return [(Place(page.path, max(lines)), fault.subject)] if lines else []


def _links_of(fault: Fault, staged: StagedPage) -> list[tuple[Place, str]]:
    url, folder = page_url(staged.uri), posixpath.dirname(staged.uri)
    wanted = _meant(url, fault.subject)
    return [
        (Place(staged.place.path, link.line), link.target)
        for target, link in staged.links
        if fault.subject == target or wanted == _meant(url if link.kind in RAW else folder, target)
    ]


def _meant(folder: str, target: str) -> tuple[str | None, str]:
    """Return the address and the fragment that a target means, whether it names a page's file or its address."""
    path, _, fragment = target.partition("#")
    path = path if is_outside(target) else path.partition("?")[0]
    if is_outside(target) or not path:
        return target, fragment
    meant = resolve(folder, path)
    if meant is not None and path.endswith(".md"):
        return page_url(meant).rstrip("/"), fragment
    return (meant if meant != "." else ""), fragment
