"""The templates' projects as they are: complete, one contract, the versions that the samples are compiled against."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from conftest import ROOT, kb

from kb.templates.project import FOLDERS, project_files


def test_the_command_line_copies_a_project(tmp_path):
    done = kb("new", "app", "go", str(tmp_path / "shop"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "the project shop" in done.stdout
    again = kb("new", "app", "go", str(tmp_path / "shop"))
    assert again.returncode == 1
    assert "KB402" in again.stderr


@pytest.mark.parametrize("stack", FOLDERS)
def test_a_project_is_small_text_without_secrets_or_leftovers(stack):
    files = project_files(ROOT, stack)
    assert {"README.md", "Makefile", "Dockerfile", "compose.yaml", ".env.example", ".gitignore"} <= {
        file.path for file in files
    }
    for file in files:
        text = file.content.decode()
        assert "TODO" not in text, file.path
        assert "BEGIN PRIVATE KEY" not in text, file.path


@pytest.mark.parametrize("stack", FOLDERS)
def test_the_roles_and_the_contract_in_a_project_are_those_of_the_suite(stack):
    contract = {path.name: path.read_bytes() for path in (ROOT / "templates" / "contract").glob("*.*")}
    copies = [
        file for file in project_files(ROOT, stack) if file.path.rpartition("/")[2] in {"roles.sql", "openapi.yaml"}
    ]
    assert copies
    for file in copies:
        assert file.content == contract[file.path.rpartition("/")[2]], file.path


def npm(folder):
    """What the project itself asks for; which version of what that needs lies at the top is up to npm."""
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    asked = {**packages[""].get("dependencies", {}), **packages[""].get("devDependencies", {})}
    return {name: packages[f"node_modules/{name}"]["version"] for name in asked}


def go_modules(folder):
    return dict(re.findall(r"^\t(\S+) (v\S+)", (folder / "go.mod").read_text(), re.MULTILINE))


def crates(folder):
    lock = tomllib.loads((folder / "Cargo.lock").read_text())["package"]
    return {f"{each['name']} {each['version'].partition('.')[0]}": each["version"] for each in lock if "source" in each}


def distributions(folder):
    if (folder / "uv.lock").exists():
        lock = tomllib.loads((folder / "uv.lock").read_text())["package"]
        return {each["name"]: each["version"] for each in lock if "registry" in each["source"]}
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", (folder / "requirements.txt").read_text(), re.MULTILINE))


@pytest.mark.parametrize(
    ("stack", "locked"), [("node", npm), ("go", go_modules), ("rust", crates), ("python", distributions)]
)
def test_samples_are_compiled_against_the_versions_that_the_template_pins(stack, locked):
    project, proofs = locked(ROOT / FOLDERS[stack]), locked(ROOT / "proofs" / stack)
    both = project.keys() & proofs.keys()
    assert len(both) > 10
    assert {name: (project[name], proofs[name]) for name in both if project[name] != proofs[name]} == {}
