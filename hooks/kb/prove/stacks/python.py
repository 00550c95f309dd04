"""How Python samples are type-checked, linted and proven; SQL's proofs run in the same environment."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from kb.model import Role, Stack
from kb.prove.toolchain import Diagnostic, Outcome, ToolchainError, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LIBRARIES = {"FastAPI": "fastapi", "SQLAlchemy": "sqlalchemy", "asyncpg": "asyncpg", "Pydantic": "pydantic"}
UV = "uv: `make lint` installs it into .venv; or see https://docs.astral.sh/uv/"
TEST_NAME = re.compile(rf"test_({'|'.join(Role)})_(\w.*)")

AT_ONCE = 4
"""How many pytest processes share the proofs."""


class Python:
    """mypy, Ruff and pytest, from the environment that `requirements.txt` locks."""

    stack = Stack.PYTHON
    languages = frozenset({"python", "py"})

    def sample_path(self, rule: str, role: Role) -> str:
        """Return where a rule's sample goes."""
        return f"rules/{rule.lower()}/{role}.py"

    def fence_path(self, name: str) -> str:
        """Return where any other fence goes."""
        return f"fences/{name}.py"

    def glue(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return nothing: folders are namespace packages."""
        del paths
        return {}

    def missing(self) -> Sequence[str]:
        """Return what this machine lacks."""
        return [] if _uv() else [UV]

    def install(self, project: Path) -> None:
        """Make `.venv` equal to the lock file, unless that was done before."""
        install(project)

    def versions(self, project: Path) -> Mapping[str, str]:
        """Return the versions of Python and of the libraries that samples use."""
        locked = locked_versions(project)
        return {"Python": python_version(project), **{label: locked[name] for label, name in LIBRARIES.items()}}

    def compile(self, project: Path, paths: Sequence[str]) -> Sequence[Diagnostic]:
        """Type-check and lint the modules, the proofs beside them and the support library."""
        return check_python(project, project, [*paths, *proofs_beside(project, paths), "conftest.py", "support"])

    def prove(self, project: Path, rules: Sequence[str], environment: Mapping[str, str]) -> Sequence[Outcome]:
        """Run the proofs of the rules."""
        return run_proofs(project, project, rules, environment)


def _uv() -> str | None:
    return shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")


def tool(home: Path, name: str) -> str:
    """Return the path of a tool of the environment."""
    return str(home.resolve() / ".venv/bin" / name)


def install(home: Path) -> None:
    """Make the environment equal to the lock file, unless it is; packages come from uv's cache."""
    lock = home / "requirements.txt"
    stamp = home / ".venv/.locked"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    uv = _uv() or "uv"
    environment = [uv, "venv", "--quiet", "--clear", "--no-config", "--python", sys.executable, ".venv"]
    sync = [
        uv,
        "pip",
        "sync",
        "--quiet",
        "--compile-bytecode",
        "--no-config",
        "--require-hashes",
        "--python",
        ".venv",
        lock.name,
    ]
    for command in (environment, sync):
        done = run(command, home)
        if done.returncode:
            raise ToolchainError(done.stderr)
    stamp.write_text(wanted, encoding="utf-8")


def locked_versions(home: Path) -> Mapping[str, str]:
    """Return the version of each package of the lock file."""
    return dict(
        re.findall(r"^([\w.-]+)==([\w.]+)", (home / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    )


def python_version(home: Path) -> str:
    """Return the version of the environment's Python."""
    return run([tool(home, "python"), "--version"], home).stdout.split()[-1]


def proofs_beside(project: Path, paths: Iterable[str]) -> list[str]:
    """Return the proofs, and other committed modules, of the rules that the samples belong to."""
    folders = sorted({Path(path).parent for path in paths if path.startswith("rules/")})
    found = (module.relative_to(project).as_posix() for folder in folders for module in (project / folder).glob("*.py"))
    return [module for module in found if Path(module).stem not in list(Role)]


def check_python(home: Path, project: Path, paths: Sequence[str]) -> list[Diagnostic]:
    """Lint, hold against the formatter, and type-check; a rule with a syntax error is not type-checked."""
    linted = _ruff(home, project, paths)
    broken = {Path(found.path).parent for found in linted if found.check == "ruff:invalid-syntax"}
    typed = [path for path in paths if Path(path).parent not in broken]
    return sorted([*linted, *_unformatted(home, project, paths), *_mypy(home, project, typed)], key=_by_place)


def _by_place(found: Diagnostic) -> tuple[str, int, str]:
    return found.path, found.line, found.check


def _ruff(home: Path, project: Path, paths: Sequence[str]) -> list[Diagnostic]:
    done = run([tool(home, "ruff"), "check", "--output-format=json", "--no-respect-gitignore", *paths], project)
    if done.returncode not in {0, 1}:
        raise ToolchainError(done.stderr)
    return [
        Diagnostic(
            Path(found["filename"]).relative_to(project.resolve()).as_posix(),
            found["location"]["row"],
            f"ruff:{found['code'] or 'invalid-syntax'}",
            found["message"],
        )
        for found in json.loads(done.stdout)
    ]


def _unformatted(home: Path, project: Path, paths: Sequence[str]) -> list[Diagnostic]:
    done = run([tool(home, "ruff"), "format", "--check", "--no-respect-gitignore", *paths], project)
    message = "the formatter would write this differently: `ruff format --diff` shows how"
    prefix = "Would reformat: "
    lines = (line.removeprefix(prefix) for line in done.stdout.splitlines() if line.startswith(prefix))
    return [Diagnostic(path, 1, "ruff:format", message) for path in lines]


def _mypy(home: Path, project: Path, paths: Sequence[str]) -> list[Diagnostic]:
    done = run([tool(home, "mypy"), "--output=json", *paths], project)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode not in {0, 1} and not lines:
        raise ToolchainError(done.stdout + done.stderr)
    return [
        Diagnostic(
            Path(found["file"]).as_posix(), max(found["line"], 1), "mypy", f"{found['message']} [{found['code']}]"
        )
        for found in map(json.loads, lines)
        if found["severity"] == "error"
    ]


def run_proofs(home: Path, project: Path, rules: Sequence[str], environment: Mapping[str, str]) -> list[Outcome]:
    """Run the proofs of the rules, some at once: what they mostly do is wait."""
    shares = [rules[start::AT_ONCE] for start in range(min(AT_ONCE, len(rules)))]
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        found = pool.map(lambda share: _run_share(home, project, share, environment), shares)
        return [outcome for share in found for outcome in share]


def _run_share(home: Path, project: Path, rules: Sequence[str], environment: Mapping[str, str]) -> list[Outcome]:
    """Run the proofs of some rules with pytest, which kills a test that hangs."""
    folders = [f"rules/{rule.lower()}" for rule in rules]
    with tempfile.TemporaryDirectory() as folder:
        outcomes = Path(folder) / "outcomes"
        outcomes.touch()
        command = [tool(home, "python"), "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", *folders]
        settings = {
            "PROOF_OUTCOMES": str(outcomes),
            "PYTHONPATH": str(home.resolve()),
            # A traceback's carets are found by ast.parse; an abandoned task that is logged while pytest's own ast.parse
            # collects garbage breaks that one: SystemError, "AST constructor recursion depth mismatch" (Python 3.11).
            "PYTHONNODEBUGRANGES": "1",
        }
        done = run(command, project, {**environment, **settings})
        if done.returncode not in {0, 1}:
            raise ToolchainError(done.stdout + done.stderr)
        return [_outcome(line) for line in outcomes.read_text(encoding="utf-8").splitlines()]


def _outcome(line: str) -> Outcome:
    record = json.loads(line)
    name = TEST_NAME.fullmatch(record["name"])
    if not name:
        message = f"{record['file']}: the name of {record['name']} does not begin with test_avoid_ or test_prefer_"
        raise ToolchainError(message)
    return Outcome(
        rule=Path(record["file"]).parent.name.upper(),
        role=Role(name[1]),
        sentence=name[2].replace("_", " "),
        passed=record["passed"],
        message="\n".join(record["message"].splitlines()[-30:]),
        path=record["path"],
        line=record["line"],
        seconds=record["seconds"],
    )
