"""The way from a folder to a library: read, check, and only then exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.check import check
from kb.links.repository import check_repository
from kb.load import read
from kb.model import Library
from kb.problems import InvalidError

if TYPE_CHECKING:
    from pathlib import Path

    from kb.problems import Problem


def load(root: Path) -> tuple[Library, list[Problem]]:
    """Return the library below a folder, and the faulty links of its pages.

    Raises:
        InvalidError: Anything but a link is wrong; the error holds those problems and the faulty links.
    """
    draft = read(root)
    problems = [*draft.problems, *check(draft)]
    links = check_repository(draft)
    if problems or draft.sources is None or draft.tree is None:
        raise InvalidError([*problems, *links])
    library = Library(
        pages={page.path: page for page in draft.pages},
        sources={source.id: source for source in draft.sources},
        tree=draft.tree,
        citations=draft.citations,
        files=draft.files,
    )
    return library, sorted(links)
