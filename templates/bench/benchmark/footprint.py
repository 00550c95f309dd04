"""How large an application is: the lines of its source, and the bytes that the last stage of its image adds to the base."""

from __future__ import annotations

import csv
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark import lines
from benchmark.locks import production_packages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmark.contestants import Contestant

_STDLIB = """
import pathlib, sys, sysconfig
library = pathlib.Path(sysconfig.get_path("stdlib"))
unused = {"test", "tests", "site-packages", "dist-packages", "__pycache__", "idlelib", "ensurepip"}
found = (p for p in library.rglob("*") if p.is_file() and not p.is_symlink() and not unused & set(p.parts))
files = [p for p in found if p.suffix != ".a"]
print(sum(p.stat().st_size for p in [*files, pathlib.Path(sys._base_executable).resolve()]))
"""


def source_lines(contestant: Contestant) -> int:
    """Return how many lines of code the template has, without tests, comments, blank lines and what is generated."""
    folder = contestant.full.folder
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *contestant.sources]
    listed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()
    found = sorted(path for path in set(listed) if lines.is_source(path))
    return sum(lines.count(path, (folder / path).read_text(encoding="utf-8")) for path in found)


def application_bytes(contestant: Contestant) -> int:
    """Return the size of what an image holds of the template: its own files, and the libraries beside them."""
    return sum(map(_size, contestant.ships)) + sum(_libraries(contestant))


def runtime_bytes(contestant: Contestant) -> int:
    """Return the size of the language's runtime, which the base image brings; 0 where it is compiled in."""
    environment = dict(contestant.full.environment)
    if contestant.stack == "node":
        shown = _told(["node", "--print", "process.execPath"], environment, contestant)
        return Path(shown).resolve().stat().st_size
    if contestant.stack == "python":
        return int(_told([*contestant.language[:-1], "-c", _STDLIB], environment, contestant))
    return 0


def _told(command: list[str], environment: dict[str, str], contestant: Contestant) -> str:
    done = subprocess.run(
        command, cwd=contestant.full.folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _libraries(contestant: Contestant) -> Iterator[int]:
    """Yield the sizes of the installed libraries that are not for development only."""
    for lock, installed in zip(contestant.locks, contestant.installed, strict=False):
        yield from _packages(lock, installed) if contestant.stack == "node" else _distributions(contestant, installed)


def _packages(lock: Path, modules: Path) -> Iterator[int]:
    for package in production_packages(lock):
        folder = modules.parent / package
        if folder.is_dir():
            yield sum(_size(path) for path in folder.iterdir() if path.name != "node_modules")


def _distributions(contestant: Contestant, environment: Path) -> Iterator[int]:
    command = ["uv", "export", "--frozen", "--no-dev", "--no-hashes", "--no-emit-project", "--no-header", "--quiet"]
    told = _told(command, dict(contestant.full.environment), contestant)
    wanted = {_normal(re.split(r"[=\[]", line)[0]) for line in told.splitlines() if "==" in line}
    for record in environment.glob("lib/python3*/site-packages/*.dist-info/RECORD"):
        if _normal(record.parent.name.partition("-")[0]) in wanted:
            paths = [record.parent.parent / row[0] for row in csv.reader(record.read_text().splitlines())]
            yield sum(_size(path) for path in paths if path.suffix != ".pyc")


def _normal(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(".", "-")


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder; links count for nothing."""
    if path.is_symlink() or not path.exists():
        return 0
    if path.is_file():
        return path.stat().st_size
    return sum(_size(each) for each in path.iterdir() if each.name != "__pycache__")
