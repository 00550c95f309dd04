"""How rules, areas, given ids and the last run are read from their files."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from kb.model import Place, Role, SourceId, Stack
from kb.problems import InvalidError
from kb.rules.model import (
    Area,
    AreaId,
    Check,
    Figure,
    GivenId,
    Level,
    Rule,
    RuleId,
    Run,
    Sample,
    SourceSection,
    Verification,
    Verified,
)
from kb.rules.sections import samples, section_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kb.documents import Document
    from kb.model import Page


def rule(page: Page, head: Document) -> Rule:
    """Return the rule that a page and its front matter, which fits the schema, make.

    Raises:
        InvalidError: A section or a sample is missing, or is not where it belongs.
    """
    entry = head.value
    stacks = {Stack(name): says for name, says in entry["stacks"].items()}
    found = _samples(page, head, stacks)
    return Rule(
        id=RuleId(entry["id"]),
        title=entry["title"],
        level=Level(entry["level"]),
        area=AreaId(entry["area"]),
        failure=entry["failure"],
        not_needed={stack: says for stack, says in stacks.items() if says != "sample"},
        applies_to=entry["applies-to"],
        tools=tuple(entry["tools"]),
        symptoms=tuple(entry["symptoms"]),
        checks=tuple(_check(check) for check in entry["checks"]),
        sources=tuple(SourceSection(SourceId(each["id"]), each["section"]) for each in entry["sources"]),
        related=tuple(map(RuleId, entry["related"])),
        since=date.fromisoformat(entry["since"]),
        reviewed=date.fromisoformat(entry["reviewed"]),
        samples=found,
        page=page,
        place=Place(page.path, head.line("id")),
        lines=_lines(head),
    )


def _lines(head: Document) -> dict[str, int]:
    lines = {other: head.line("related", index) for index, other in enumerate(head.value["related"])}
    lines |= {each["id"]: head.line("sources", index, "id") for index, each in enumerate(head.value["sources"])}
    return lines | {head.value["area"]: head.line("area")}


def _samples(page: Page, head: Document, stacks: Mapping[Stack, str]) -> tuple[Sample, ...]:
    """Return the samples of a page that has all its sections, and whose heading is its title."""
    found = list(samples(page, RuleId(head.value["id"])))
    problems = [item for item in found if not isinstance(item, Sample)]
    problems += section_faults(page, stacks)
    if (title := head.value["title"]) != page.title:
        message = f"the heading is `{page.title}`, and the front matter's title is `{title}`"
        problems.append(head.problem("KB201", message, "title", hint="let both say the same"))
    if problems:
        raise InvalidError(problems)
    return tuple(item for item in found if isinstance(item, Sample))


def _check(entry: dict[str, Any]) -> Check:
    stack = Stack(entry["stack"]) if "stack" in entry else None
    return Check(entry["by"], entry["how"], stack, candidates=entry.get("candidates", False))


def areas(document: Document) -> list[Area]:
    """Return the areas of data/areas.json."""
    return [
        Area(AreaId(entry["id"]), entry["title"], entry["about"], Place(document.path, document.line("areas", index)))
        for index, entry in enumerate(document.value["areas"])
    ]


def given_ids(document: Document) -> list[GivenId]:
    """Return the entries of data/rule-ids.json."""
    return [
        GivenId(
            id=RuleId(entry["id"]),
            given=date.fromisoformat(entry["given"]),
            retired=entry.get("retired"),
            successor=RuleId(entry["successor"]) if "successor" in entry else None,
            place=Place(document.path, document.line("ids", index, "id")),
        )
        for index, entry in enumerate(document.value["ids"])
    ]


def last_run(document: Document) -> Run:
    """Return what data/verification.json says."""
    return Run(
        versions={Stack(stack): versions for stack, versions in document.value["versions"].items()},
        samples=tuple(
            Verified(
                rule=RuleId(entry["rule"]),
                stack=Stack(entry["stack"]),
                role=Role(entry["role"]),
                level=Verification(entry["level"]),
                digest=entry["digest"],
                tests=tuple(entry["tests"]),
                linted=tuple(entry["linted"]),
                place=Place(document.path, document.line("samples", index, "rule")),
            )
            for index, entry in enumerate(document.value["samples"])
        ),
        figures=tuple(
            Figure(RuleId(entry["rule"]), Stack(entry["stack"]), entry["name"], entry["value"], entry["unit"])
            for entry in document.value["figures"]
        ),
    )
