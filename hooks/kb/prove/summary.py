"""What a run amounts to, in a few lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kb.model import Stack
from kb.rules.model import Verification

if TYPE_CHECKING:
    from kb.prove.plan import Plan
    from kb.rules.model import Run


def summary(plan: Plan, run: Run, seconds: float) -> str:
    """Return how many rules, samples by stack and level, and fences there are, and how long the run took."""
    levels = Counter((entry.stack, entry.level) for entry in run.samples)
    rules = len({entry.rule for entry in run.samples})
    lines = [f"{rules} rule{'s' * (rules != 1)}, {len(run.samples)} samples"]
    for stack in Stack:
        counted = [f"{count} {level}" for level in Verification if (count := levels[stack, level])]
        if counted:
            lines.append(f"  {stack.label}: {', '.join(counted)}")
    best = sum(levels[stack, level] for stack in Stack for level in (Verification.PROVED, Verification.LINTED))
    if run.samples:
        lines.append(f"  proved or linted: {best * 100 // len(run.samples)} %")
    lines.append(
        f"{plan.count} fences in all, {len(plan.marked)} marked as output or fragment, "
        f"{plan.shown} files of templates; {seconds:.0f} s"
    )
    return "\n".join(lines)
