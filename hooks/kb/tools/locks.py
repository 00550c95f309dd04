"""Which version of each package the lock files of the templates and the proofs name."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

from kb.tools.model import Package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_GO = re.compile(r"^\s*(?:require )?(\S+\.\S+) v(\S+)", re.MULTILINE)
_PYPI = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


def locked(root: Path, folders: tuple[str, ...]) -> Mapping[Package, str]:
    """Return the version of each package; the first folder that has a package counts."""
    found: dict[Package, str] = {}
    for folder in folders:
        for name, read in _READERS.items():
            file = root / folder / name
            if file.is_file():
                for package, version in read(file.read_text(encoding="utf-8")):
                    found.setdefault(package, version)
    return found


def _npm(text: str) -> Iterator[tuple[Package, str]]:
    for path, entry in json.loads(text)["packages"].items():
        name = path.removeprefix("node_modules/")
        if name and "node_modules/" not in name and "version" in entry:
            yield Package("npm", name), entry["version"]


def _go(text: str) -> Iterator[tuple[Package, str]]:
    for name, version in _GO.findall(text):
        yield Package("go", name), version


def _crates(text: str) -> Iterator[tuple[Package, str]]:
    """Yield the newest first, where a crate is there in several versions."""
    entries = [entry for entry in tomllib.loads(text)["package"] if "source" in entry]
    for entry in sorted(entries, key=lambda entry: _order(entry["version"]), reverse=True):
        yield Package("crates", entry["name"]), entry["version"]


def _order(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _uv(text: str) -> Iterator[tuple[Package, str]]:
    for entry in tomllib.loads(text)["package"]:
        if "registry" in entry["source"]:
            yield Package("pypi", entry["name"]), entry["version"]


def _requirements(text: str) -> Iterator[tuple[Package, str]]:
    for name, version in _PYPI.findall(text):
        yield Package("pypi", name), version


_READERS: Mapping[str, Callable[[str], Iterator[tuple[Package, str]]]] = {
    "package-lock.json": _npm,
    "go.mod": _go,
    "Cargo.lock": _crates,
    "uv.lock": _uv,
    "requirements.txt": _requirements,
}
