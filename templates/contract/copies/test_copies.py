"""A copy under another name, as `make app` writes it, is linted and tested as its README says."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from harness import apps
from harness.database import Server
from harness.places import ROOT
from harness.toolchain import provide_postgres

from kb.templates.project import FOLDERS, create

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POSTGRES = "18"
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
    folder = tmp_path / "shop"
    assert create(ROOT, stack, folder) == "shop"
    app = apps.read(ENTRIES.get(stack, stack), folder)
    environment = {**app.environment, "DATABASE_URL": server.url}
    for verb in VERBS.get(stack, ("build", "lint", "test")):
        done = subprocess.run(
            ["make", verb],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"make {verb}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
