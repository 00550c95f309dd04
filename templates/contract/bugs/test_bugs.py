"""Shows that the suite can fail: each patch beside this file is a bug, and turns exactly the cases red that it names."""

from __future__ import annotations

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.places import CONTRACT, TEMPLATES

APP = "python"
"""Needs no compiler, so that a changed copy starts at once."""
FOLDER = TEMPLATES / "python/app"
BUGS = Path(__file__).parent
LEFT_BEHIND = shutil.ignore_patterns(".venv", "__pycache__", ".*_cache")


@dataclass(frozen=True)
class Bug:
    """A patch that begins with a sentence and lines of `run:` and `red:`."""

    path: Path
    run: tuple[str, ...]
    """Modules of the suite, or cases of them."""
    red: frozenset[str]
    """What fails of them, as `module.py::case`; without its parameter, all of a case."""

    @classmethod
    def read(cls, path):
        head = path.read_text(encoding="utf-8").partition("\n--- ")[0].splitlines()
        words = {
            name: [line.partition(": ")[2] for line in head if line.startswith(f"{name}: ")] for name in ("run", "red")
        }
        assert words["run"], f"{path.name} names nothing to run"
        assert words["red"], f"{path.name} names nothing that turns red"
        return cls(path, tuple(words["run"]), frozenset(words["red"]))


ALL = [Bug.read(path) for path in sorted(BUGS.glob("*.patch"))]


@pytest.fixture(scope="session")
def copy(tmp_path_factory):
    """A copy of the application, which is built once."""
    folder = tmp_path_factory.mktemp("bugs") / "app"
    shutil.copytree(FOLDER, folder, ignore=LEFT_BEHIND)
    return folder


@pytest.fixture(params=ALL, ids=[bug.path.stem for bug in ALL])
def planted(request, copy):
    """A bug that is in the copy while its case runs."""
    bug = request.param
    tried = patch(copy, bug, "--dry-run")
    assert tried.returncode == 0, f"{bug.path.name} no longer applies to {FOLDER}: write it anew\n{tried.stdout}"
    patch(copy, bug)
    yield bug
    assert patch(copy, bug, "--reverse").returncode == 0


def patch(folder, bug, *options):
    command = ["patch", "--strip=1", "--batch", "--forward", "--no-backup-if-mismatch", *options]
    given = bug.path.read_text(encoding="utf-8")
    return subprocess.run([*command, "-d", folder], input=given, capture_output=True, text=True, check=False)


def outcomes(folder, bug, report):
    """Run what the bug names; return whether each case passed, and what pytest printed."""
    cases = [CONTRACT / "suite" / case for case in bug.run]
    options = [f"--app={APP}", f"--folder={folder}", f"--junit-xml={report}", "-q"]
    command = [sys.executable, "-m", "pytest", *options, *cases]
    done = subprocess.run(command, cwd=CONTRACT, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    assert report.exists(), done.stdout + done.stderr
    cases = ET.parse(report).iter("testcase")
    return {name_of(case): case.find("failure") is None and case.find("error") is None for case in cases}, done.stdout


def name_of(case):
    """Return a case of a report as pytest is told to run it."""
    return f"{case.get('classname').rpartition('.')[2]}.py::{case.get('name')}"


def test_exactly_the_named_cases_turn_red(planted, copy, tmp_path):
    passed, output = outcomes(copy, planted, tmp_path / "report.xml")
    failed = {name for name, good in passed.items() if not good}
    expected = {name for name in passed if name in planted.red or name.partition("[")[0] in planted.red}
    assert expected, f"none of {sorted(planted.red)} ran"
    assert failed == expected, f"{planted.path.read_text(encoding='utf-8')}\n{output[-6000:]}"
    assert set(passed) - failed, "no neighbour ran that stays green"
