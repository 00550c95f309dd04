"""The way from a folder to a library: read, check, and only then exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.check import check
from kb.links.repository import check_repository
from kb.load import read
from kb.model import Library
from kb.problems import InvalidError
from kb.rules.check import check_run
from kb.rules.model import Run
from kb.templates.key_files import check_key_files

if TYPE_CHECKING:
    from pathlib import Path

    from kb.problems import Problem


def load(root: Path) -> tuple[Library, list[Problem]]:
    """Return the library below a folder, with what is wrong and keeps no page from being shown.

    That is: links that lead nowhere, samples that were not verified as they stand, and files shown as they no longer are.

    Raises:
        InvalidError: Anything else is wrong; the error holds all problems.
    """
    draft = read(root)
    problems = [*draft.problems, *check(draft)]
    lesser = check_repository(draft)
    if problems or draft.sources is None or draft.tree is None or draft.areas is None or draft.ids is None:
        raise InvalidError([*problems, *lesser])
    run = draft.run or Run({}, (), ())
    lesser += check_run(draft.rules, run)
    lesser += check_key_files(draft.key_files)
    library = Library(
        pages={page.path: page for page in draft.pages},
        sources={source.id: source for source in draft.sources},
        tree=draft.tree,
        tools={tool.id: tool for tool in sorted(draft.tools, key=lambda tool: tool.name.casefold())},
        versions=draft.versions,
        areas={area.id: area for area in draft.areas},
        rules={rule.id: rule for rule in draft.rules},
        ids=tuple(draft.ids),
        run=run,
        benchmarks=draft.benchmarks,
        citations=draft.citations,
        files=draft.files,
    )
    return library, sorted(lesser)
