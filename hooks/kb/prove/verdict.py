"""What a run shows of each sample, and where it shows less than a rule says."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.model import Place, Role, Stack
from kb.problems import Problem
from kb.prove.toolchain import COMPILERS
from kb.rules.model import Verification, Verified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kb.prove.project import Project
    from kb.prove.toolchain import Diagnostic, Outcome
    from kb.rules.model import Rule, RuleId, Sample

_STACK_OF = {
    "eslint": Stack.NODE,
    "vet": Stack.GO,
    "staticcheck": Stack.GO,
    "clippy": Stack.RUST,
    "ruff": Stack.PYTHON,
    "squawk": Stack.SQL,
}
"""The stack whose samples a linter reads."""


@dataclass(frozen=True)
class Evidence:
    """All that was found out about one stack."""

    project: Project
    diagnostics: Sequence[Diagnostic]
    outcomes: Mapping[str, Sequence[Outcome]]
    """By PostgreSQL version."""
    swapped: Sequence[Outcome]
    """How the proofs ended with avoid and prefer in each other's place."""
    broken: Sequence[Problem] = ()
    """Proofs that did not run."""

    @property
    def stack(self) -> Stack:
        """The stack it is about."""
        return self.project.toolchain.stack


def problems(evidence: Evidence, rules: Iterable[Rule]) -> Iterator[Problem]:
    """Yield what does not compile, what does not hold, and what asserts nothing."""
    checks = {rule.id: named_checks(rule, evidence.stack) for rule in rules}
    paths = {_path(evidence, rule, Role.AVOID): rule for rule in checks}
    for diagnostic in evidence.diagnostics:
        rule = paths.get(diagnostic.path)
        if rule is None or diagnostic.check not in checks[rule]:
            yield evidence.project.problem(diagnostic)
    for version, outcomes in evidence.outcomes.items():
        for outcome in outcomes:
            if not outcome.passed:
                place = evidence.project.locate(outcome.path or _proof(outcome), outcome.line)
                message = f"on PostgreSQL {version}: {outcome.role}: {outcome.sentence}\n{_indented(outcome.message)}"
                yield Problem(place.path, place.line, "KB302", message)
    yield from evidence.broken
    yield from _empty(evidence)
    for rule, names in checks.items():
        yield from _idle_checks(evidence, rule, names)


def named_checks(rule: Rule, stack: Stack) -> frozenset[str]:
    """Return the linters' checks that a rule names and that read the samples of a stack."""
    return frozenset(
        check.by
        for check in rule.checks
        if _STACK_OF.get(check.by.partition(":")[0]) is stack and check.stack in {None, stack}
    )


def verified(evidence: Evidence, samples: Iterable[Sample], rules: Mapping[RuleId, Rule]) -> Iterator[Verified]:
    """Yield what was done with each sample, at the best level that the evidence carries."""
    broken = {diagnostic.path for diagnostic in evidence.diagnostics if diagnostic.check in COMPILERS}
    sentences = _sentences(evidence)
    for sample in samples:
        path = evidence.project.toolchain.sample_path(sample.rule, sample.role)
        if path in broken:
            continue
        linted = tuple(sorted(_flagged(evidence, sample.rule, named_checks(rules[sample.rule], evidence.stack))))
        tests = sentences.get((sample.rule, sample.role), ())
        level = Verification.PROVED if tests else Verification.LINTED if linted else _floor(evidence.stack)
        yield Verified(
            sample.rule,
            sample.stack,
            sample.role,
            level,
            sample.digest,
            tests,
            linted,
            Place("data/verification.json", 1),
        )


def _floor(stack: Stack) -> Verification:
    return Verification.PARSED if stack is Stack.SQL else Verification.COMPILED


def _sentences(evidence: Evidence) -> Mapping[tuple[str, Role], tuple[str, ...]]:
    """Return the tests that pass on every PostgreSQL, of proofs that a swap turns red in both roles."""
    failed = {
        (outcome.rule, outcome.role)
        for outcomes in evidence.outcomes.values()
        for outcome in outcomes
        if not outcome.passed
    }
    red = {(outcome.rule, outcome.role) for outcome in evidence.swapped if not outcome.passed}
    found: dict[tuple[str, Role], dict[str, None]] = defaultdict(dict)
    for outcomes in evidence.outcomes.values():
        for outcome in outcomes:
            key = (outcome.rule, outcome.role)
            if key not in failed and all((outcome.rule, role) in red for role in Role):
                found[key][outcome.sentence] = None
    return {key: tuple(sentences) for key, sentences in found.items()}


def _empty(evidence: Evidence) -> Iterator[Problem]:
    """Yield every proof that lacks a role, and every test that stays green when the samples change places."""
    roles: dict[str, set[Role]] = defaultdict(set)
    places: dict[str, Outcome] = {}
    for outcomes in evidence.outcomes.values():
        for outcome in outcomes:
            roles[outcome.rule].add(outcome.role)
            places.setdefault(outcome.rule, outcome)
    for rule, found in roles.items():
        for role in set(Role) - found:
            place = evidence.project.locate(places[rule].path or _proof(places[rule]), 1)
            message = f"the proof of {rule} has no test whose name begins with `{role}`"
            yield Problem(place.path, place.line, "KB303", message)
    for outcome in evidence.swapped:
        if outcome.passed:
            place = evidence.project.locate(outcome.path or _proof(outcome), outcome.line)
            message = f"`{outcome.role}: {outcome.sentence}` of {outcome.rule} passes with avoid and prefer swapped"
            yield Problem(place.path, place.line, "KB303", message, "assert what only the right sample does")


def _idle_checks(evidence: Evidence, rule: RuleId, names: Iterable[str]) -> Iterator[Problem]:
    for name in sorted(names):
        if name not in _flagged(evidence, rule, {name}):
            place = evidence.project.locate(_path(evidence, rule, Role.AVOID), 1)
            message = f"`{name}`, which {rule} names, does not flag the avoid sample alone"
            yield Problem(place.path, place.line, "KB304", message)


def _flagged(evidence: Evidence, rule: RuleId, names: Iterable[str]) -> set[str]:
    """Return the checks that flag the avoid sample and are silent on the prefer sample."""
    found = {role: _checks_at(evidence, _path(evidence, rule, role)) for role in Role}
    return (found[Role.AVOID] - found[Role.PREFER]) & set(names)


def _checks_at(evidence: Evidence, path: str) -> set[str]:
    return {diagnostic.check for diagnostic in evidence.diagnostics if diagnostic.path == path}


def _path(evidence: Evidence, rule: RuleId, role: Role) -> str:
    return evidence.project.toolchain.sample_path(rule, role)


def _proof(outcome: Outcome) -> str:
    return f"rules/{outcome.rule.lower()}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()[:30])
