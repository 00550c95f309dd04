"""The house keeps its shape: the core knows nothing of MkDocs, and files and functions stay small."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from tempfile import gettempdir

import pytest
from conftest import ROOT

from kb.load import repository_files

HOOKS = ROOT / "hooks"
CORE = sorted((HOOKS / "kb").rglob("*.py"))
LIBRARIES = {"httpx", "httpcore", "jsonschema", "yaml"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module).partition(".")[0]


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.relative_to(HOOKS).as_posix())
def test_the_core_imports_only_itself_the_standard_library_and_a_few_libraries(path):
    assert set(imported(path)) - set(sys.stdlib_module_names) - LIBRARIES - {"kb", "anyio"} == set()


@pytest.mark.parametrize("path", sorted((HOOKS / "kb" / "render").glob("*.py")), ids=lambda path: path.name)
def test_views_read_no_file_and_no_clock(path):
    assert not {"pathlib", "os", "time", "datetime", "io", "subprocess"} & set(imported(path))


@pytest.mark.parametrize("path", [*CORE, *HOOKS.glob("*.py")], ids=lambda path: path.relative_to(HOOKS).as_posix())
def test_files_and_functions_stay_small(path):
    assert len(path.read_text().splitlines()) <= 280
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 32, f"{node.name} is long"


def test_nothing_of_the_machine_is_committed():
    forbidden = [f"{folder}/" for folder in (ROOT, Path.home(), gettempdir())]
    folders = ("hooks/", "docs/", "data/", "resources/", "templates/", "overrides/")
    for path in repository_files(ROOT):
        if path.startswith(folders) and path.endswith((".py", ".md", ".json", ".css", ".js", ".html")):
            text = (ROOT / path).read_text()
            assert not [word for word in forbidden if f'"{word}' in text], path


def test_the_site_documents_every_module():
    modules = {
        ".".join(path.relative_to(HOOKS).with_suffix("").parts)
        for path in (*CORE, *HOOKS.glob("*.py"))
        if path.name not in {"__init__.py", "__main__.py"}
    }
    pages = "\n".join(path.read_text() for path in (ROOT / "docs" / "reference").glob("*.md"))
    documented = {line.removeprefix("::: ") for line in pages.splitlines() if line.startswith("::: ")}
    assert modules - documented == set(), "add them to a page of docs/reference"
