"""The pages of the templates show what their projects hold, and a project is copied whole, under another name, or not at all."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from kb.addresses import archive_uri
from kb.load import read
from kb.problems import InvalidError
from kb.templates.key_files import check_key_files, rewrite, shown_file
from kb.templates.project import FOLDERS, NAME, archives, create

PAGE = "templates/go/template-go-fiber-gorm.md"
HEAD = "---\ndescription: A template that shows some of its files.\nreviewed: 2026-11-22\n---\n\n# Go\n\n"


@pytest.fixture
def repository(tmp_path):
    """A repository with one project and its page."""
    app = tmp_path / FOLDERS["go"]
    (app / "bin").mkdir(parents=True)
    (app / "cmd" / NAME).mkdir(parents=True)
    (app / "go.mod").write_text(f"module example.com/{NAME}\n")
    (app / "cmd" / NAME / "main.go").write_text(f"package main\n\n// {NAME}\n")
    (app / "run.sh").write_text(f"#!/bin/sh\nbin/{NAME}\n")
    (app / "run.sh").chmod(0o755)
    (app / "bin" / NAME).write_bytes(b"\xff\x00built")
    (tmp_path / "data").symlink_to(ROOT / "data")
    return tmp_path


def show(repository, *fences):
    (repository / PAGE).write_text(HEAD + "\n\n".join(fences) + "\n")


def told(repository):
    return [str(problem) for problem in check_key_files(read(repository).key_files)]


def fence(file, text, info="go"):
    return f'```{info} title="{file}"\n{text}```'


def test_a_fence_that_shows_its_file_is_fine(repository):
    show(repository, fence("app/go.mod", f"module example.com/{NAME}\n"))
    assert told(repository) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("package main\n\n// other\n", 3),
        (f"package main\n\n// {NAME}\n\n", 4),
        (f"package main\n// {NAME}\n", 2),
        ("", 1),
    ],
)
def test_a_fence_that_differs_is_told_with_the_line_of_the_file(repository, text, line):
    show(repository, fence(f"app/cmd/{NAME}/main.go", text))
    (problem,) = told(repository)
    assert problem.startswith(f"{PAGE}:8: KB401 differs from templates/go/app/cmd/{NAME}/main.go in line {line} of it")
    assert "make key-files" in problem


@pytest.mark.parametrize(
    "file", ["app/gone.go", "app", f"app/bin/{NAME}", "../../data/areas.json", "../../../etc/passwd"]
)
def test_a_fence_shows_files_of_templates_only(repository, file):
    show(repository, fence(file, "x\n"))
    (problem,) = told(repository)
    assert "which is no text file of a template" in problem


def test_all_fences_are_brought_up_to_date_and_nothing_else_is_touched(repository):
    stale = [fence("app/go.mod", "old\nlonger\n"), "Between.", fence("app/run.sh", ""), "```go\npackage p\n```"]
    show(repository, *stale)
    assert rewrite(repository, read(repository).key_files) == [PAGE]
    fresh = [
        fence("app/go.mod", f"module example.com/{NAME}\n"),
        "Between.",
        fence("app/run.sh", f"#!/bin/sh\nbin/{NAME}\n"),
        "```go\npackage p\n```",
    ]
    assert (repository / PAGE).read_text() == HEAD + "\n\n".join(fresh) + "\n"
    assert rewrite(repository, read(repository).key_files) == []


@given(st.text(max_size=40))
def test_only_a_title_makes_a_fence_show_a_file(info):
    assert shown_file(f"go {info}") is None or info.startswith('title="')


def test_a_copy_has_another_name_everywhere_and_nothing_that_was_built(repository):
    target = repository / "new" / "my-shop"
    assert create(repository, "go", target) == "myshop"
    copied = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert copied == {"go.mod", "cmd/myshop/main.go", "run.sh"}
    assert (target / "go.mod").read_text() == "module example.com/myshop\n"
    assert (target / "run.sh").stat().st_mode & stat.S_IXUSR
    assert not [path for path in target.rglob("*") if path.is_file() and NAME in path.read_text()]
    assert [path.name for path in target.parent.iterdir()] == ["my-shop"]


def test_a_copy_may_go_into_an_empty_folder(repository):
    target = repository / "shop"
    target.mkdir()
    assert create(repository, "go", target) == "shop"


@pytest.mark.parametrize(
    ("folder", "words"), [("7up", "cannot name a project"), ("class", "cannot name"), ("--", "cannot name")]
)
def test_a_name_that_no_language_takes_is_refused_before_anything_is_written(repository, folder, words):
    with pytest.raises(InvalidError, match=words):
        create(repository, "go", repository / "new" / folder)
    assert not (repository / "new").exists()


def test_a_folder_that_holds_something_is_left_alone(repository):
    target = repository / "shop"
    target.mkdir()
    (target / "mine").write_text("mine")
    with pytest.raises(InvalidError, match="is not an empty folder"):
        create(repository, "go", target)
    assert [path.name for path in target.iterdir()] == ["mine"]


def test_an_unknown_stack_is_told_with_the_nearest(repository):
    with pytest.raises(InvalidError, match=r"`pyton` is no stack with a template.*did you mean python"):
        create(repository, "pyton", repository / "shop")


def test_a_zip_is_the_same_for_the_same_files(repository):
    (first,), (second,) = archives(repository), archives(repository)
    assert first == second
    assert first[0] == archive_uri("go")
    with zipfile.ZipFile(io.BytesIO(first[1])) as zipped:
        assert zipped.namelist() == [f"{NAME}/{path}" for path in (f"cmd/{NAME}/main.go", "go.mod", "run.sh")]
        assert zipped.getinfo(f"{NAME}/run.sh").external_attr >> 16 & stat.S_IXUSR
        assert zipped.testzip() is None
