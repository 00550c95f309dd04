"""What the tests share: the repository, a site built from it once, and the rule that CI skips nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from kb.decisions.model import DecisionTree
    from kb.model import Library

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases"

sys.path.insert(0, str(ROOT / "hooks"))

from kb.assembly import load  # noqa: E402 - found by the line above

pytest_plugins = ["browsing"]

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT / "hooks"),
    "NO_MKDOCS_2_WARNING": "1",
    "SOURCE_DATE_EPOCH": "1700000000",
}


@dataclass(frozen=True)
class Build:
    """A build of a site, and what it said."""

    folder: Path
    code: int
    output: str

    @property
    def warnings(self) -> list[str]:
        return [line.partition("-  ")[2] for line in self.output.splitlines() if line.startswith(("WARNING", "ERROR"))]


def build_site(repository: Path, target: Path, *options: str) -> Build:
    """Build as `make build` does, but into another folder."""
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(target), *options]
    run = subprocess.run(command, cwd=repository, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    return Build(target, run.returncode, run.stdout + run.stderr)


def kb(*arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    command = [sys.executable, "-m", "kb", "--root", str(root), *arguments]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def library() -> Library:
    """What this repository says, without a fault."""
    library, problems = load(ROOT)
    assert problems == []
    return library


@pytest.fixture(scope="session")
def tree(library) -> DecisionTree:
    """The decision tree of this repository."""
    return library.tree


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Build:
    """The site of this repository."""
    return build_site(ROOT, tmp_path_factory.mktemp("built") / "site", "--strict")


def fixture_repository(case: str, folder: Path) -> Path:
    """Copy a fixture tree and give it the real site's settings; its own mkdocs.yml says what differs."""
    repository = folder / case
    shutil.copytree(CASES / case, repository)
    shutil.copytree(ROOT / "data" / "schema", repository / "data" / "schema")
    settings = yaml.safe_load((repository / "mkdocs.yml").read_text())
    settings["INHERIT"] = str(ROOT / "mkdocs.yml")
    settings["hooks"] = [str(ROOT / "hooks" / "knowledge_base.py")]
    settings["watch"] = []
    settings["theme"] = {"custom_dir": str(ROOT / "overrides"), "favicon": "assets/pixel.svg"}
    settings["extra_css"] = ["assets/site.css"]
    settings["extra_javascript"] = []
    (repository / "mkdocs.yml").write_text(yaml.safe_dump(settings))
    return repository


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Under CI=true a skipped test is a failed one: what it needs has to be there."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and CI skips nothing: {reason}"
