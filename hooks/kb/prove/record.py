"""How data/verification.json is written after a run, and where it claims more than a run shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kb.model import Stack
from kb.problems import Problem
from kb.rules.model import Run, Verification

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from kb.rules.model import Figure, RuleId, Verified

PATH = "data/verification.json"
_BEST_FIRST = list(Verification)


def merged(old: Run, new: Run, rules: Collection[RuleId], known: Collection[RuleId], *, whole: bool) -> Run:
    """Return the old run with what the new one found out of some rules; rules that are gone drop out.

    A run that was not whole leaves the versions alone: it did not see every PostgreSQL.
    """

    def stays(entry: Verified | Figure) -> bool:
        return entry.rule in known and not (entry.rule in rules and entry.stack in new.versions)

    return Run(
        versions={**old.versions, **new.versions} if whole else {**new.versions, **old.versions},
        samples=(*filter(stays, old.samples), *new.samples),
        figures=(*filter(stays, old.figures), *new.figures),
    )


def write(root: Path, run: Run) -> None:
    """Write a run to its file, one sample to a line, in a fixed order."""
    samples = sorted(run.samples, key=lambda each: (int(each.rule[2:]), list(Stack).index(each.stack), each.role))
    figures = sorted(run.figures, key=lambda each: (int(each.rule[2:]), list(Stack).index(each.stack), each.name))
    lines = [
        '  "$schema": "schema/verification.schema.json"',
        f'  "versions": {_block({stack.value: run.versions[stack] for stack in Stack if stack in run.versions})}',
        f'  "samples": {_lines([_sample(each) for each in samples])}',
        f'  "figures": {_lines([_figure(each) for each in figures])}',
    ]
    path = root / PATH
    unfinished = path.with_suffix(".part")
    unfinished.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    unfinished.replace(path)


def overclaims(claimed: Run, shown: Run, stacks: Collection[Stack]) -> Iterator[Problem]:
    """Yield every sample that the file rates higher than the run does, and every check it credits in vain."""
    for entry in claimed.samples:
        if entry.stack not in stacks:
            continue
        found = shown.by_sample.get((entry.rule, entry.stack, entry.role))
        name = f"the {entry.role} sample of {entry.rule} for {entry.stack.label}"
        if found is None or _BEST_FIRST.index(found.level) > _BEST_FIRST.index(entry.level):
            message = f"calls {name} {entry.level}, and this run shows {found.level if found else 'nothing'}"
            yield _problem(entry, message)
        elif set(entry.tests) - set(found.tests):
            yield _problem(
                entry, f"names tests of {name} that did not pass: {'; '.join(set(entry.tests) - set(found.tests))}"
            )
        elif set(entry.linted) - set(found.linted):
            yield _problem(entry, f"credits {name} with {', '.join(set(entry.linted) - set(found.linted))}")


def _problem(entry: Verified, message: str) -> Problem:
    return Problem(entry.place.path, entry.place.line, "KB305", message, f"run `make prove RULE={entry.rule}`")


def _sample(entry: Verified) -> dict[str, Any]:
    return {
        "rule": entry.rule,
        "stack": entry.stack,
        "role": entry.role,
        "level": entry.level,
        "digest": entry.digest,
        "tests": entry.tests,
        "linted": entry.linted,
    }


def _figure(entry: Figure) -> dict[str, Any]:
    return {"rule": entry.rule, "stack": entry.stack, "name": entry.name, "value": entry.value, "unit": entry.unit}


def _block(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n  ")


def _lines(entries: list[dict[str, Any]]) -> str:
    rows = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
    return f"[\n{rows}\n  ]" if rows else "[]"
