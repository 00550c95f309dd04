"""The project beside a template's page: which files it has, a copy of it under another name, and all of it as a zip."""

from __future__ import annotations

import io
import keyword
import re
import shutil
import stat
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kb.addresses import archive_uri
from kb.model import Stack
from kb.problems import InvalidError, Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NAME = "storefront"
"""What the projects are called, in code, in files' names and in prose, and nothing else is."""
FOLDERS: Mapping[str, str] = {
    Stack.NODE: "templates/nodejs/app",
    Stack.GO: "templates/go/app",
    Stack.RUST: "templates/rust/app",
    Stack.PYTHON: "templates/python/app",
}
_WORD = re.compile(r"[a-z][a-z0-9]*")
_MADE = {"node_modules", ".venv", "__pycache__", "target", "bin", "dist", "generated"}
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip can hold: the same files give the same bytes."""


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """A file of a project."""

    path: str
    """From the project's folder."""
    content: bytes
    executable: bool

    def renamed(self, name: str) -> ProjectFile:
        """Return the file as a project of another name has it."""
        content = self.content.replace(NAME.encode(), name.encode())
        return ProjectFile(self.path.replace(NAME, name), content, self.executable)


def project_files(root: Path, stack: str) -> list[ProjectFile]:
    """Return the files of a stack's project that belong to the repository."""
    folder = root / FOLDERS[stack]
    found = []
    for path in _listed(folder):
        file = folder / path
        found.append(ProjectFile(path, file.read_bytes(), bool(file.stat().st_mode & stat.S_IXUSR)))
    return found


def _listed(folder: Path) -> list[str]:
    """Return what git has or would take; in a tree without git, what no tool has made."""
    try:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=True)  # noqa: S603 - git, with options of ours
        listed = done.stdout.decode().split("\0")
    except (FileNotFoundError, subprocess.CalledProcessError):
        everything = (path.relative_to(folder) for path in folder.rglob("*"))
        listed = [path.as_posix() for path in everything if not _MADE & set(path.parts)]
    return sorted(path for path in listed if path and (folder / path).is_file())


def create(root: Path, stack: str, target: Path) -> str:
    """Copy a stack's project into a new folder, under the folder's name; return that name.

    Raises:
        InvalidError: There is no such stack, the folder is not empty, or its name cannot name a project.
    """
    if stack not in FOLDERS:
        message = f"`{stack}` is no stack with a template; there are {', '.join(FOLDERS)}"
        raise InvalidError([Problem("templates", 1, "KB004", message, nearest(stack, FOLDERS))])
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InvalidError([Problem(str(target), 1, "KB402", "is not an empty folder", "name another")])
    name = _project_name(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as unfinished:
        for file in project_files(root, stack):
            _write(file.renamed(name), Path(unfinished, "project"))
        if target.exists():
            target.rmdir()
        shutil.move(Path(unfinished, "project"), target)
    return name


def _project_name(target: Path) -> str:
    name = re.sub(r"[^a-z0-9]", "", target.resolve().name.lower())
    if not _WORD.fullmatch(name) or keyword.iskeyword(name):
        message = f"cannot name a project: `{name}` is no name of a package in every language"
        raise InvalidError([Problem(str(target), 1, "KB402", message, "begin with a letter; take no keyword")])
    return name


def _write(file: ProjectFile, folder: Path) -> None:
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.content)
    if file.executable:
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def archives(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the address and the content of the zip of each project that there is."""
    for stack, folder in FOLDERS.items():
        if (root / folder).is_dir():
            yield archive_uri(stack), _archive(project_files(root, stack))


def _archive(files: Iterable[ProjectFile]) -> bytes:
    """Return files as a zip with one folder; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for file in files:
            entry = zipfile.ZipInfo(f"{NAME}/{file.path}", _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if file.executable else 0o100644) << 16
            zipped.writestr(entry, file.content)
    return buffer.getvalue()
