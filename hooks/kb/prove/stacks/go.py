"""How Go's modules are compiled, vetted and proven: one module, a package for each sample."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kb.model import Role, Stack
from kb.prove.toolchain import Diagnostic, Outcome, ToolchainError, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from subprocess import CompletedProcess

MODULE = "proofs.example"
NEEDS = {
    "go": "https://go.dev/dl/, with its bin folder (gofmt) on PATH",
    "gcc": "`apt-get install gcc libc6-dev`; the race detector links with it",
}
LIBRARIES = {
    "github.com/gofiber/fiber/v3": "fiber",
    "gorm.io/gorm": "gorm",
    "github.com/jackc/pgx/v5": "pgx",
    "honnef.co/go/tools": "staticcheck",
}
PLAIN = {"GOFLAGS": "-trimpath -mod=readonly -buildvcs=false", "GOWORK": "off", "CGO_ENABLED": "1"}
# The race detector for vet and Staticcheck too, so that dependencies are compiled once; and without the second
# for which a program then sleeps at its end: https://go.dev/doc/articles/race_detector#Options
RACE = PLAIN | {"GOFLAGS": f"-race {PLAIN['GOFLAGS']}", "GORACE": "atexit_sleep_ms=10"}
RULE_SECONDS = 300  # then Go kills a rule's tests; one that has a database ends after a minute (proof.Limit)

SPOKEN = re.compile(r"^(?:vet: )?(?:\./)?([^\s:]+\.go):(\d+)(?::\d+)?: (.+)$", re.MULTILINE)
TEST = re.compile(r"^func (Test\w*)\(\w+ \*testing\.T\)", re.MULTILINE)
NAME = re.compile(r"^Test(Avoid|Prefer)_\w+$")
FRAME = re.compile(rf"^\s+{re.escape(MODULE)}/(rules/\S+\.go):(\d+)", re.MULTILINE)
REPORT = re.compile(r"^ +(\w+_test\.go):(\d+): ", re.MULTILINE)
FRAMING = re.compile(r"\s*(=== |--- (?!FAIL: \S+/)|$)")


class Go:
    """Go's compiler, vet, Staticcheck, gofmt and test runner."""

    stack = Stack.GO
    languages = frozenset({"go"})

    def sample_path(self, rule: str, role: Role) -> str:
        """Return where a rule's sample goes: a package of its own."""
        return f"rules/{rule.lower()}/{role}/sample.go"

    def fence_path(self, name: str) -> str:
        """Return where any other fence goes: a package of its own."""
        return f"fences/{name}/fence.go"

    def glue(self, paths: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002 - Go finds packages by their folders
        """Return nothing."""
        return {}

    def missing(self) -> Sequence[str]:
        """Return what this machine lacks, each as `name: how to get it`."""
        return [f"{tool}: {remedy}" for tool, remedy in NEEDS.items() if not shutil.which(tool)]

    def install(self, project: Path) -> None:
        """Download the modules that go.mod names, held against go.sum, into Go's own cache."""
        _ask(project, "mod", "download")

    def versions(self, project: Path) -> Mapping[str, str]:
        """Return the versions of Go, Fiber, GORM, pgx and Staticcheck."""
        listed = _ask(project, "list", "-m", "-f", "{{.Path}} {{.Version}}", *LIBRARIES)
        versions = dict(line.split(" v") for line in listed.splitlines())
        return {"go": _ask(project, "env", "GOVERSION").removeprefix("go")} | {
            name: versions[path] for path, name in LIBRARIES.items()
        }

    def compile(self, project: Path, paths: Sequence[str]) -> Sequence[Diagnostic]:
        """Build, vet, lint and format-check the modules, their rules' proofs and the support library."""
        modules = {PurePosixPath(path).parent for path in paths} | {PurePosixPath("proof")}
        proofs = {folder.parent for folder in modules if any((project / folder.parent).glob("*_test.go"))}
        checked = [f"./{folder}" for folder in sorted(modules | proofs)]
        staticcheck = _ask(project, "tool", "-n", "staticcheck")
        found: set[Diagnostic] = set()
        for command, read in (
            (
                ["go", "build", "-json", *(f"./{folder}" for folder in sorted(modules))],
                lambda done: _spoken(_text(_objects(done.stdout))),
            ),
            (["go", "vet", "-json", *checked], _vetted),
            ([staticcheck, "-f", "json", *checked], _linted),
            (["gofmt", "-l", "-s", *checked], _formatted),
        ):
            done = run(command, project, RACE)
            said = {replace(each, path=_path_in(project.resolve(), each.path)) for each in read(done)}
            if done.returncode and not said:
                raise ToolchainError(f"`{' '.join(command)}`: {done.stderr}{done.stdout}".strip())
            found |= said
        return sorted(found, key=lambda each: (each.path, each.line, each.check, each.message))

    def prove(self, project: Path, rules: Sequence[str], environment: Mapping[str, str]) -> Sequence[Outcome]:
        """Run the proofs of the rules in one `go test`, with the race detector."""
        if not rules:
            return []
        tests = {rule: _tests(project, rule) for rule in sorted(set(rules))}
        # Vet has spoken in compile(); and Go's cache of results does not know what is in a database: hence -count.
        command = ["go", "test", "-json", "-vet=off", "-count=1", "-p=4", f"-timeout={RULE_SECONDS}s"]
        command += [f"./rules/{rule.lower()}" for rule in tests]
        done = run(command, project, {**RACE, **environment}, timeout=600 + RULE_SECONDS * len(tests))
        events = list(_objects(done.stdout))
        actions = {event["Action"] for event in events}
        if "build-fail" in actions or "start" not in actions:
            words = _text(event for event in events if event["Action"] == "build-output")
            raise ToolchainError(f"`go test`: {words}{done.stderr}".strip())
        told: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for event in events:  # those of subtests stand with their test, those of no test under an empty name
            rule = event.get("Package", "").rpartition("/")[2].upper()
            told[rule, event.get("Test", "").partition("/")[0]].append(event)
        outcomes = [_outcome(rule, test, told) for rule, names in tests.items() for test in names]
        for rule in tests.keys() - {outcome.rule for outcome in outcomes if not outcome.passed}:
            if any(event["Action"] == "fail" for event in told[rule, ""]):  # such as a panic after the last test
                words = _text(event for (owner, _), each in told.items() if owner == rule for event in each)
                raise ToolchainError(f"{rule}: all tests pass, but then the process fails:\n{words}".strip())
        return outcomes


def _ask(project: Path, *arguments: str) -> str:
    if (done := run(["go", *arguments], project, PLAIN)).returncode:
        raise ToolchainError(f"`go {' '.join(arguments)}`: {done.stderr}{done.stdout}".strip())
    return done.stdout.strip()


def _path_in(project: Path, path: str) -> str:
    """Return a finding's path from the project's folder.

    With -trimpath two copies of a package are one to Go and Staticcheck: the findings that they keep name the folder of
    the copy that was checked first.
    """
    parts = PurePosixPath(path.removeprefix(f"{project}/").lstrip("/")).parts
    tails = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((tail for tail in tails if (project / tail).is_file()), path)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield JSON objects that follow each other, with or without lines between them."""
    decoder, at = json.JSONDecoder(), 0
    while (at := text.find("{", at)) >= 0:
        value, at = decoder.raw_decode(text, at)
        yield value


def _spoken(text: str) -> Iterator[Diagnostic]:
    """Read what the compiler says: its only machine format is `path:line:column: message`."""
    return (Diagnostic(path, int(line), "go", message) for path, line, message in SPOKEN.findall(text))


def _vetted(done: CompletedProcess[str]) -> Iterator[Diagnostic]:
    yield from _spoken(done.stderr)
    reports = (report for packages in _objects(done.stdout) for each in packages.values() for report in each.items())
    for analyzer, findings in reports:
        for finding in findings if isinstance(findings, list) else ():  # else it failed, which stderr explains
            path, line, _ = finding["posn"].rsplit(":", 2)
            yield Diagnostic(path, int(line), f"vet:{analyzer}", finding["message"])


def _linted(done: CompletedProcess[str]) -> Iterator[Diagnostic]:
    for each in _objects(done.stdout):
        path, line, message = each["location"]["file"], each["location"]["line"], each["message"]
        if path:
            check = "go" if each["code"] == "compile" else f"staticcheck:{each['code']}"
            yield Diagnostic(path, line, check, message.splitlines()[0])
        else:
            yield from list(_spoken(message)) or [Diagnostic("go.mod", 1, "go", message)]


def _formatted(done: CompletedProcess[str]) -> Iterator[Diagnostic]:
    yield from _spoken(done.stderr)
    yield from (Diagnostic(path, 1, "gofmt", "is not formatted: run `gofmt -s -w`") for path in done.stdout.split())


def _tests(project: Path, rule: str) -> list[str]:
    """Return the names of a rule's tests, read from its sources: a run that breaks off does not list them."""
    folder = f"rules/{rule.lower()}"
    names = [name for file in sorted((project / folder).glob("*_test.go")) for name in TEST.findall(file.read_text())]
    if {NAME.sub(r"\1", name) for name in names} != {"Avoid", "Prefer"}:
        message = f"{folder}: a proof's tests are called TestAvoid_… and TestPrefer_…, at least one each, not {names}"
        raise ToolchainError(message)
    return names


def _outcome(rule: str, test: str, told: Mapping[tuple[str, str], list[dict[str, Any]]]) -> Outcome:
    _, role, sentence = re.split("Test|_", test, maxsplit=2)
    events = told.get((rule, test), ())
    ends = [event for event in events if event["Action"] in {"pass", "fail", "skip"} and event["Test"] == test]
    passed, seconds = any(end["Action"] == "pass" for end in ends), sum(end["Elapsed"] for end in ends)
    outcome = Outcome(rule, Role(role.lower()), sentence.replace("_", " "), passed, seconds=seconds)
    if passed:
        return outcome
    text = _text(events)
    if not ends:
        text = f"did not {'end' if events else 'run'}: the process ended before.\n{text}{_text(told[rule, ''])}"
    lines = [line for line in text.splitlines() if not FRAMING.match(line)][:30]
    # The innermost frame of ours in a panic or a race, or else where the last words were said.
    reports = FRAME.findall(text)[:1] or [(f"rules/{rule.lower()}/{file}", line) for file, line in REPORT.findall(text)]
    path, line = reports[-1] if reports else ("", 0)
    return replace(outcome, message="\n".join(lines), path=path, line=int(line))


def _text(events: Iterable[dict[str, Any]]) -> str:
    return "".join(event.get("Output", "") for event in events)
