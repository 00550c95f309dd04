"""Where in the sources a fault of the rendered site was written."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from kb.addresses import page_url, resolve
from kb.links.targets import is_outside
from kb.model import Place
from kb.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kb.links.site import Fault
    from kb.staging import StagedPage


def locate(faults: Iterable[Fault], staged: Mapping[str, StagedPage], known: Iterable[Problem]) -> list[Problem]:
    """Return the faults at the lines that a person has to edit, without those that are known already."""
    reported = {(problem.path, problem.line, problem.subject) for problem in known}
    problems = {_problem(fault, staged.get(fault.uri)) for fault in faults}
    return sorted(problem for problem in problems if (problem.path, problem.line, problem.subject) not in reported)


def _problem(fault: Fault, page: StagedPage | None) -> Problem:
    if page is None:
        return Problem(f"docs/{fault.uri}", fault.line, fault.code, fault.message, fault.hint, fault.subject)
    place, subject = _written(fault, page) or (page.place, fault.subject)
    return Problem(place.path, place.line, fault.code, fault.message, fault.hint, subject)


def _written(fault: Fault, staged: StagedPage) -> tuple[Place, str] | None:
    if staged.page is None:
        return None
    path, outline = staged.page.path, staged.page.outline
    if fault.code == "KB109":
        return Place(path, outline.headings[0].line), fault.subject
    if fault.code == "KB107":
        ids = [*outline.ids, *outline.site_ids]
        lines = [anchor.line for anchor in ids if anchor.id == fault.subject]
        lines += [heading.line for heading in outline.headings if heading.slug == fault.subject]
        return (Place(path, max(lines)), fault.subject) if lines else None
    wanted = _meant(page_url(staged.uri), fault.subject)
    for target, link in staged.links:
        if fault.subject == target or wanted == _meant(posixpath.dirname(staged.uri), target):
            return Place(path, link.line), link.target
    return None


def _meant(folder: str, target: str) -> tuple[str | None, str]:
    """Return the address and the fragment that a target means, whether it names a page's file or its address."""
    path, _, fragment = target.partition("#")
    if is_outside(target) or not path:
        return target, fragment
    meant = resolve(folder, path)
    if meant is not None and path.endswith(".md"):
        return page_url(meant).rstrip("/"), fragment
    return (meant if meant != "." else ""), fragment
