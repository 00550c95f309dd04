"""Runs the compilers and the proofs of one stack, as far as earlier results do not answer already."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.model import Role, Stack
from kb.problems import Problem
from kb.prove.plan import modules
from kb.prove.progress import timed
from kb.prove.project import Project
from kb.prove.toolchain import COMPILERS, ToolchainError
from kb.prove.verdict import Evidence
from kb.rules.model import Figure, RuleId

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from kb.prove.plan import Module, Plan
    from kb.prove.results import Results
    from kb.prove.servers import Server
    from kb.prove.toolchain import Diagnostic, Outcome, Toolchain
    from kb.rules.model import Sample


@dataclass(frozen=True)
class Found:
    """What some proofs showed."""

    outcomes: list[Outcome]
    figures: list[dict[str, Any]]
    problems: list[Problem]
    """Proofs that did not run."""


@dataclass(frozen=True)
class Harness:
    """What all stacks of a run share."""

    root: Path
    plan: Plan
    results: Results
    servers: Sequence[Server]
    """One for each PostgreSQL version; the first serves the swap too."""
    whole: bool
    """Whether everything is checked: the fences outside rules as well."""
    say: Callable[[str], None]
    times: int = 1
    """How often each proof is run."""

    def run(self, toolchain: Toolchain, rules: Collection[RuleId]) -> tuple[Evidence, list[Figure]]:
        """Extract, compile and prove the samples of some rules in one stack.

        Raises:
            ToolchainError: A tool is missing or broke down; nothing is known of the stack then.
        """
        project = Project(self.root, toolchain, self.root / "proofs" / toolchain.stack)
        samples = self.plan.samples(toolchain.stack)
        others = self.plan.fences[toolchain.stack] if self.whole else ()
        extracted = [*modules(samples, toolchain), *others]
        chosen = [*modules([sample for sample in samples if sample.rule in rules], toolchain), *others]
        project.extract(extracted, [module.path for module in chosen])
        project.forget_others([*extracted, *self.plan.fences[toolchain.stack]])
        with self._timed(toolchain, "install"):
            toolchain.install(project.folder)
        diagnostics = self._compile(project, chosen)
        sound = _sound(chosen, diagnostics)
        project.extract(extracted, sound)
        proofs = [rule for rule in rules if _has_proof(project, rule) and _samples_of(toolchain, rule) <= set(sound)]
        runs = {server.version: self._steadily(project, proofs, server) for server in self.servers}
        swapped = self._swap(project, samples, proofs)
        figures = next(iter(runs.values())).figures
        evidence = Evidence(
            project,
            diagnostics,
            {version: found.outcomes for version, found in runs.items()},
            swapped.outcomes,
            (*(problem for found in runs.values() for problem in found.problems), *swapped.problems),
        )
        return evidence, [_figure(each) for each in figures]

    def _compile(self, project: Project, chosen: Sequence[Module]) -> list[Diagnostic]:
        paths = [module.path for module in chosen]
        key = ["compile", project.digest(), json.dumps(project.toolchain.versions(project.folder)), *paths]
        known = self.results.diagnostics(key)
        if known is None:
            with self._timed(project.toolchain, f"compile and lint {len(paths)} modules"):
                known = list(project.toolchain.compile(project.folder, paths))
            self.results.keep_diagnostics(key, known)
        return known

    def _steadily(self, project: Project, rules: Sequence[RuleId], server: Server) -> Found:
        """Run the proofs as often as was asked for; what one run shows, all have to show."""
        found = self._prove(project, rules, server, "prove")
        for number in range(2, self.times + 1):
            again = self._attempt(project, rules, server)
            self.say(f"{project.toolchain.stack.label}: run {number} of {self.times} on PostgreSQL {server.version}")
            found.outcomes.extend(again.outcomes)
            found.problems.extend(again.problems)
        return found

    def _prove(self, project: Project, rules: Sequence[RuleId], server: Server, what: str) -> Found:
        keys = self._keys(project, rules, server, what)
        known = {rule: kept for rule, key in keys.items() if (kept := self.results.outcomes(key)) is not None}
        open_rules = [rule for rule in rules if rule not in known]
        found = Found([], [], [])
        if open_rules:
            doing = f"{what} {len(open_rules)} rule{'s' * (len(open_rules) != 1)} on PostgreSQL {server.version}"
            with self._timed(project.toolchain, doing):
                found = self._attempt(project, open_rules, server)
        for rule in open_rules:
            own = [outcome for outcome in found.outcomes if outcome.rule == rule]
            known[rule] = own, [figure for figure in found.figures if figure["rule"] == rule]
            if own and (what != "prove" or all(outcome.passed for outcome in own)):
                self.results.keep_outcomes(keys[rule], *known[rule])
        return Found(
            [each for rule in rules for each in known[rule][0]],
            [each for rule in rules for each in known[rule][1]],
            found.problems,
        )

    def _attempt(self, project: Project, rules: Sequence[RuleId], server: Server) -> Found:
        """Run some proofs; where one of them keeps all from running, run each by itself."""
        with tempfile.TemporaryDirectory() as folder:
            records = Path(folder, "records.jsonl")
            environment = {**server.environment(), "PROOF_RECORDS": str(records)}
            try:
                outcomes = list(project.toolchain.prove(project.folder, rules, environment))
                problems = [_no_test(project, rule) for rule in rules if all(each.rule != rule for each in outcomes)]
                return Found(outcomes, _records(records), problems)
            except ToolchainError as error:
                if len(rules) == 1:
                    return Found([], [], [_no_test(project, rules[0], str(error))])
        each_alone = [self._attempt(project, [rule], server) for rule in rules]
        return Found(
            [outcome for found in each_alone for outcome in found.outcomes],
            [figure for found in each_alone for figure in found.figures],
            [problem for found in each_alone for problem in found.problems],
        )

    def _swap(self, project: Project, samples: Sequence[Sample], rules: Sequence[RuleId]) -> Found:
        """Run the proofs with avoid and prefer in each other's place; only an assertion may turn them red."""
        copy = project.copy(self.root / ".cache" / "prove" / "swapped" / project.toolchain.stack / "proofs")
        swapped = modules(samples, project.toolchain, swapped=True)
        chosen = modules([sample for sample in samples if sample.rule in rules], project.toolchain, swapped=True)
        copy.extract(swapped, [module.path for module in chosen])
        unlike = [each for each in self._compile(copy, chosen) if each.check in COMPILERS]
        found = self._prove(copy, rules, self.servers[0], "swap and prove")
        return Found(found.outcomes, found.figures, [*found.problems, *(_unlike(copy, each) for each in unlike)])

    def _keys(self, project: Project, rules: Sequence[RuleId], server: Server, what: str) -> Mapping[RuleId, list[str]]:
        """Return, for each rule, everything that the outcome of its proof depends on."""
        stack = project.toolchain.stack
        versions = json.dumps(project.toolchain.versions(project.folder), sort_keys=True)
        schema = (self.root / "proofs" / "schema.sql").read_text(encoding="utf-8")
        shared = project.digest(without=("rules", "fences", *project.toolchain.glue(())))
        own = {rule: project.digest(only=f"rules/{rule.lower()}") for rule in rules}
        return {rule: [what, stack, rule, server.version, versions, schema, own[rule], shared] for rule in rules}

    def _timed(self, toolchain: Toolchain, doing: str) -> AbstractContextManager[None]:
        return timed(self.say, f"{toolchain.stack.label}: {doing}")


def _has_proof(project: Project, rule: RuleId) -> bool:
    return any(
        path.is_file() and path.stem not in {"avoid", "prefer", "sample"} and "__pycache__" not in path.parts
        for base in ("rules", "src/rules")
        for path in (project.folder / base / rule.lower()).rglob("*")
    )


def _sound(chosen: Sequence[Module], diagnostics: Sequence[Diagnostic]) -> list[str]:
    """Return the modules that can be built; a broken fence must not hide what the others do."""
    broken = {diagnostic.path for diagnostic in diagnostics if diagnostic.check in COMPILERS}
    return [module.path for module in chosen if module.path not in broken]


def _samples_of(toolchain: Toolchain, rule: RuleId) -> set[str]:
    return {toolchain.sample_path(rule, role) for role in Role}


def _no_test(project: Project, rule: RuleId, words: str = "no test ran") -> Problem:
    place = project.locate(project.toolchain.sample_path(rule, Role.AVOID), 1)
    return Problem(place.path, place.line, "KB302", f"the proof of {rule} in {project.toolchain.stack.label}: {words}")


def _unlike(project: Project, diagnostic: Diagnostic) -> Problem:
    place = project.locate(diagnostic.path, diagnostic.line)
    message = f"avoid and prefer are not exchangeable: {diagnostic.check}: {' '.join(diagnostic.message.split())}"
    return Problem(place.path, place.line, "KB303", message, "let both export the same names with the same types")


def _records(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _figure(entry: Mapping[str, Any]) -> Figure:
    return Figure(RuleId(entry["rule"]), Stack(entry["stack"]), entry["name"], entry["value"], entry["unit"])
