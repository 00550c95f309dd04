"""A stack's project on disk: its committed files, with the fences extracted beside them."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kb.model import Place
from kb.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from kb.prove.plan import Module
    from kb.prove.toolchain import Diagnostic, Toolchain

_LINKED = {"node_modules", ".venv"}
"""What was installed; a copy of the project shares it."""
_PASSING = {"__pycache__", ".cache", ".mypy_cache", ".ruff_cache", ".pytest_cache", "target"}
"""What tools leave behind; it says nothing about the project."""


@dataclass
class Project:
    """Where a toolchain works, and which lines of it come from which page."""

    root: Path
    """The repository."""
    toolchain: Toolchain
    folder: Path
    _places: dict[str, Place] = field(default_factory=dict)

    def extract(self, modules: Sequence[Module], active: Collection[str]) -> None:
        """Write the modules, and make known to the project those whose paths are `active`; touch nothing that fits."""
        self._places = {module.path: module.place for module in modules}
        for module in modules:
            _write(self.folder / module.path, module.code)
        for path, text in self.toolchain.glue(sorted(active)).items():
            _write(self.folder / path, text)

    def forget_others(self, modules: Sequence[Module]) -> None:
        """Remove what earlier runs extracted and no page holds any more."""
        known = {module.path for module in modules}
        record = self.root / ".cache" / "prove" / f"extracted-{self.toolchain.stack}"
        if record.exists():
            for path in set(record.read_text(encoding="utf-8").split("\n")) - known - {""}:
                (self.folder / path).unlink(missing_ok=True)
        _write(record, "\n".join(sorted(known)))

    def locate(self, path: str, line: int) -> Place:
        """Return where a person edits a line of the project: in a page, or in the project itself."""
        if place := self._places.get(path):
            return Place(place.path, place.line + max(line, 1) - 1)
        return Place((self.folder_in_repository / path).as_posix(), max(line, 1))

    @property
    def folder_in_repository(self) -> Path:
        """The committed project's folder, for a copy as well."""
        return Path("proofs", self.toolchain.stack)

    def problem(self, diagnostic: Diagnostic) -> Problem:
        """Return what a compiler or linter says, at the line that a person edits."""
        place = self.locate(diagnostic.path, diagnostic.line)
        message = " ".join(diagnostic.message.split())
        return Problem(place.path, place.line, "KB301", f"{diagnostic.check}: {message}")

    def copy(self, proofs: Path) -> Project:
        """Return a project with the same committed files below another folder for proofs.

        What was installed is shared, and so are the other stacks' projects: SQL's proofs run in Python's environment.
        """
        shutil.rmtree(proofs, ignore_errors=True)
        folder = proofs / self.folder.name
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns(*_LINKED, *_PASSING), symlinks=True)
        beside = [path for path in self.folder.parent.iterdir() if path.is_dir() and path != self.folder]
        for path in (*beside, *(self.folder / name for name in _LINKED)):
            if path.exists():
                (proofs / path.relative_to(self.folder.parent)).symlink_to(path.resolve(), target_is_directory=True)
        return Project(self.root, self.toolchain, folder)

    def digest(self, *, without: Collection[str] = (), only: str = "") -> str:
        """Return a hash of the project's files: without some files and folders, or of one folder alone."""
        found = hashlib.sha256()
        for name in sorted(self._files()):
            left_out = any(name == each or f"/{each}/" in f"/{name}" for each in without)
            if left_out or (only and f"/{only}/" not in f"/{name}"):
                continue
            found.update(name.encode() + b"\0" + (self.folder / name).read_bytes() + b"\0")
        return found.hexdigest()[:24]

    def _files(self) -> Iterator[str]:
        """Yield the project's files without what was installed or built."""
        for folder, folders, names in os.walk(self.folder):
            folders[:] = sorted(set(folders) - _LINKED - _PASSING)
            for name in names:
                yield Path(folder, name).relative_to(self.folder).as_posix()


def _write(path: Path, text: str) -> None:
    """Write a file unless it holds that text already: compilers go by the time of the last change."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
