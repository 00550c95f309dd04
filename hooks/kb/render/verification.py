"""What was done with the samples: badges, what showed it, and the versions it was done with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.model import Role, Stack
from kb.render.text import bullets, code, escape, link, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kb.model import Library
    from kb.rules.model import Figure, Rule, Sample, Verified

_PAGE = "verification.md"
_UNVERIFIED = "not verified yet"


def evidence(library: Library, sample: Sample, page: str) -> str:
    """Return a sample's badge, which leads to what it means, and the tests and checks that it rests on."""
    entry = library.run.of(sample)
    line = f"{' '.join((_badge(entry, page), *_said(entry)))}\n{{ .kb-evidence }}"
    return f"{line}\n\n{bullets(map(escape, entry.tests))}" if entry and entry.tests else line


def _said(entry: Verified | None) -> Iterator[str]:
    """Yield the sentences that follow the badge; the tests stand in a list below the last."""
    is_avoid = entry is not None and entry.role is Role.AVOID
    if entry and entry.linted:
        yield f"{'Flagged' if is_avoid else 'Passed'} by {', '.join(map(code, entry.linted))}."
    if entry and entry.tests:
        yield f"It {'fails' if is_avoid else 'holds'}, as its tests show:"


def _badge(entry: Verified | None, page: str) -> str:
    name = entry.level.value if entry else _UNVERIFIED
    anchor = name.replace(" ", "-")
    return f"{link(name, f'{_PAGE}#{anchor}', page)}{{ .kb-badge .kb-{anchor} }}"


def measured(library: Library, rule: Rule) -> str:
    """Return the table of what a rule's proofs measured, by stack; nothing where they measured nothing."""
    figures = [figure for figure in library.run.figures if figure.rule == rule.id]
    stacks = [stack for stack in Stack if any(figure.stack is stack for figure in figures)]
    cells: dict[str, dict[Stack, str]] = {}
    for figure in figures:
        cells.setdefault(figure.name, {})[figure.stack] = _value(figure)
    rows = [
        (escape(name), *(by_stack.get(stack, "not measured") for stack in stacks)) for name, by_stack in cells.items()
    ]
    return table(("Measure", *(stack.label for stack in stacks)), rows) if rows else ""


def _value(figure: Figure) -> str:
    number = f"{int(figure.value):,}" if float(figure.value).is_integer() else f"{round(figure.value, 2):,}"
    return f"{number} {escape(figure.unit)}".strip()


def versions(library: Library, page: str) -> str:
    """Return the table of everything that the last run was held against."""
    del page
    return versions_of(library, Stack) or "No run has been recorded yet."


def versions_of(library: Library, stacks: Iterable[Stack]) -> str:
    """Return the table of the versions that the last run used for some stacks; nothing where there was none."""
    rows = [
        (stack.label, ", ".join(f"{escape(name)} {escape(version)}" for name, version in used.items()))
        for stack in stacks
        if (used := library.run.versions.get(stack))
    ]
    return table(("Stack", "Versions"), rows) if rows else ""
