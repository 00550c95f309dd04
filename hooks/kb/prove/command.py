"""The command `kb prove`: all fences, or one rule in one stack."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from kb.assembly import load
from kb.model import Stack
from kb.problems import InvalidError, Problem, nearest
from kb.prove import record, texts
from kb.prove.harness import Harness
from kb.prove.installations import available
from kb.prove.plan import plan
from kb.prove.progress import timed
from kb.prove.results import Results
from kb.prove.servers import Server
from kb.prove.stacks import TOOLCHAINS
from kb.prove.summary import summary
from kb.prove.toolchain import ToolchainError
from kb.prove.verdict import Evidence, problems, verified
from kb.rules.model import RuleId, Run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from kb.model import Library
    from kb.prove.toolchain import Toolchain
    from kb.rules.model import Figure, Verified

OK, FAULTY, MISUSED = 0, 1, 2
MAJORS = ("18", "15")
"""The PostgreSQL versions that a full run uses; the first serves a single rule."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("rule", nargs="?", default="", help="one rule, such as BK101 (default: everything)")
    parser.add_argument("--stack", choices=[*Stack], help="one stack (default: all)")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="run each proof N times")
    parser.add_argument("--postgres", choices=MAJORS, help="one PostgreSQL version (default: 18; all for a full run)")


def run(options: argparse.Namespace) -> int:
    """Check every fence, run the proofs, and write or hold what they show."""
    library, _ = load(options.root)
    toolchains = [each for each in TOOLCHAINS if options.stack in {None, each.stack.value}]
    wanted = RuleId(options.rule.upper())
    if wanted and wanted not in library.rules:
        print(f"kb: {wanted} is no rule; {nearest(wanted, library.rules)}", file=sys.stderr)
        return MISUSED
    rules = [wanted] if wanted else list(library.rules)
    proving = _Proving(options, library, toolchains, rules)
    return proving.run()


class _Proving:
    def __init__(
        self, options: argparse.Namespace, library: Library, toolchains: Sequence[Toolchain], rules: list[RuleId]
    ) -> None:
        self._root: Path = options.root.resolve()
        self._repeat: int = options.repeat
        self._whole = not options.rule and not options.stack
        self._majors = (options.postgres,) if options.postgres else MAJORS if self._whole else MAJORS[:1]
        self._library = library
        self._toolchains = toolchains
        self._rules = rules
        self._plan = plan(library, TOOLCHAINS, texts.LANGUAGES)
        self._problems: list[Problem] = list(self._plan.problems) if self._whole else []
        self._absent: list[str] = []
        self._started = time.monotonic()

    def run(self) -> int:
        with ExitStack() as running:
            servers = self._servers(running)
            shown = self._stacks(servers)
            if self._whole and servers:
                self._scripts(servers[0])
        if self._whole:
            self._texts()
        self._settle(shown)
        return self._report(shown)

    def _servers(self, running: ExitStack) -> list[Server]:
        python = next(each for each in TOOLCHAINS if each.stack is Stack.PYTHON)
        if not self._lacking(python):
            with timed(_say, f"{python.stack.label}: install"):
                python.install(self._root / "proofs" / python.stack)  # PostgreSQL 18 comes with it
        found = []
        for major in self._majors:
            if lacking := available(self._root, major):
                self._absent.append(lacking)
            else:
                found.append(Server(self._root, major, running))
        return found

    def _stacks(self, servers: list[Server]) -> Run:
        samples: list[Verified] = []
        figures: list[Figure] = []
        versions = {}
        for toolchain in self._toolchains:
            if not servers or self._lacking(toolchain):
                continue
            found = self._stack(toolchain, servers)
            if found is None:
                continue
            evidence, measured = found
            chosen = [sample for sample in self._plan.samples(toolchain.stack) if sample.rule in self._rules]
            self._problems += problems(evidence, [self._library.rules[rule] for rule in self._rules])
            samples += verified(evidence, chosen, self._library.rules)
            figures += measured
            versions[toolchain.stack] = {
                **toolchain.versions(evidence.project.folder),
                "PostgreSQL": ", ".join(server.version for server in servers),
            }
        return Run(versions, tuple(samples), tuple(figures))

    def _stack(self, toolchain: Toolchain, servers: list[Server]) -> tuple[Evidence, list[Figure]] | None:
        rules = [rule for rule in self._rules if toolchain.stack in self._library.rules[rule].stacks]
        if not rules and not (self._whole and self._plan.fences[toolchain.stack]):
            return None
        results = Results(self._root / ".cache" / "prove" / "results")
        harness = Harness(self._root, self._plan, results, servers, self._whole, _say, self._repeat)
        try:
            return harness.run(toolchain, rules)
        except ToolchainError as error:
            self._problems.append(Problem(f"proofs/{toolchain.stack}", 1, "KB306", str(error)))
            return None

    def _lacking(self, toolchain: Toolchain) -> bool:
        lacking = [f"{toolchain.stack.label}: {each}" for each in toolchain.missing()]
        self._absent += [each for each in lacking if each not in self._absent]
        return bool(lacking)

    def _scripts(self, server: Server) -> None:
        """Run the SQL fences that are no samples, each in an empty database."""
        for module in self._plan.fences[Stack.SQL]:
            if failed := server.execute(module.code):
                place = module.place
                message = f"PostgreSQL {server.version}: {failed[1]}"
                self._problems.append(Problem(place.path, place.line + failed[0] - 1, "KB301", message))

    def _texts(self) -> None:
        """Hold the fences that no stack compiles against the rules of their languages."""
        tools = texts.Tools.of(self._root)
        with timed(_say, "Other languages: install"):
            texts.install(tools)
        fences = [fence for fence, _ in self._plan.texts]
        self._absent += texts.missing(tools, {fence.language for fence in fences})
        for finding in texts.check(fences, tools):
            place = self._plan.texts[finding.fence][1]
            message = f"{finding.check}: {finding.message}"
            self._problems.append(Problem(place.path, place.line + finding.line - 1, "KB301", message))

    def _settle(self, shown: Run) -> None:
        """Hold the file against the run where nobody is there to write it, and write it otherwise."""
        if os.environ.get("CI"):
            self._problems += record.overclaims(self._library.run, shown, shown.versions if self._whole else ())
        else:
            known = list(self._library.rules)
            run = record.merged(self._library.run, shown, self._rules, known, whole=self._whole)
            record.write(self._root, run)

    def _report(self, shown: Run) -> int:
        faults = InvalidError(self._problems).problems
        for problem in faults:
            print(problem, file=sys.stderr)
        for each in self._absent:
            print(f"kb: missing: {each}", file=sys.stderr)
        print(summary(self._plan, shown, time.monotonic() - self._started))
        refused = self._absent and os.environ.get("CI")
        return FAULTY if faults or refused else OK


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
