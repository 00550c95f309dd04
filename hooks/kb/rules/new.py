"""How a new rule begins: the next free id, and a file with every section that a rule has."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

from kb.model import Stack
from kb.problems import InvalidError, Problem, nearest
from kb.rules.model import RuleId
from kb.rules.sections import EXCEPTIONS, LANGUAGES, PROOF, WHY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from kb.model import Library

IDS = "data/rule-ids.json"
FIRST = 101
_ID = re.compile(r'"id": "BK(\d+)"')
_GAP = re.compile(r"[^a-z0-9]+")
_WORDS_IN_NAME = 8
_HEAD = """---
id: {rule}
title: {quoted}
level: must # blocks a merge; or should, or consider
area: {area}
failure: "TODO: one sentence: what breaks, for whom, when the rule is not kept."
stacks:
{stacks}applies-to:
  PostgreSQL: "TODO: range of versions"
tools: []
symptoms:
  - "TODO: an error code, a log line, what a graph shows"
checks:
  - by: review-only # or tool:rule of a linter, ast-grep, query, test
    how: "TODO: what to look for"
sources:
  - id: TODO-an-id-of-data-sources-json
    section: "TODO: heading or number"
related: []
since: {today}
reviewed: {today}
---

# {title}

## {why}

TODO: the failure first, then the mechanism.

## {exceptions}

TODO: the honest exceptions, and how to waive the rule.
"""


def create(root: Path, library: Library, area: str, title: str, today: date) -> Path:
    """Give the next free id, write the rule's file, and return its path.

    Raises:
        InvalidError: There is no such area.
    """
    known = [str(each) for each in library.areas]
    if area not in known:
        message = f"`{area}` is no area; there are {', '.join(known)}"
        raise InvalidError([Problem("data/areas.json", 1, "KB004", message, nearest(area, known))])
    rule = next_id([(root / IDS).read_text(encoding="utf-8"), *on_branches(root)])
    name = "-".join(_GAP.sub(" ", title.lower()).split()[:_WORDS_IN_NAME])
    path = root / "resources" / "rules" / area / f"{rule}-{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(skeleton(rule, area, title, today), encoding="utf-8")
    _give(root, rule, today)
    return path


def next_id(lists: Iterable[str]) -> RuleId:
    """Return the id after the highest that any of the lists of ids holds."""
    numbers = [int(number) for text in lists for number in _ID.findall(text)]
    return RuleId(f"BK{max(numbers, default=FIRST - 1) + 1}")


def on_branches(root: Path) -> Iterator[str]:
    """Yield the list of ids as every branch and tag of the clone has it; nothing where there is no git."""
    refs = _git(root, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes", "refs/tags").splitlines()
    for ref in refs:
        yield _git(root, "show", f"{ref}:{IDS}")


def skeleton(rule: str, area: str, title: str, today: date) -> str:
    """Return a rule's file with everything that has to be filled in."""
    stacks = [stack for stack in Stack if stack is not Stack.SQL]
    head = _HEAD.format(
        rule=rule,
        quoted=json.dumps(title, ensure_ascii=False),
        title=title,
        area=area,
        stacks="".join(f"  {stack}: sample # or the reason why it needs none\n" for stack in stacks),
        today=today.isoformat(),
        why=WHY,
        exceptions=EXCEPTIONS,
    )
    return head + "".join(_section(stack) for stack in stacks) + f"\n## {PROOF}\n\nTODO: what is made to happen.\n"


def _section(stack: Stack) -> str:
    language = LANGUAGES[stack][0]
    roles = "".join(f"\n**{role}.** TODO\n\n```{language}\n```\n" for role in ("Avoid", "Prefer"))
    return f"\n## {stack.label}\n{roles}"


def _give(root: Path, rule: RuleId, today: date) -> None:
    """Add the id to the list, one line for each, so that two branches that give the same id cannot be merged unseen."""
    path = root / IDS
    text = path.read_text(encoding="utf-8").rstrip()
    entries = text[: text.rindex("]")].rstrip()
    comma = "" if entries.endswith("[") else ","
    line = f'    {{ "id": "{rule}", "given": "{today.isoformat()}" }}'
    path.write_text(f"{entries}{comma}\n{line}\n  ]\n}}\n", encoding="utf-8")


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607 - git, with refs of its own
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""
