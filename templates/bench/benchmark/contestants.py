"""Reads contestants.toml: which applications are measured, and what is known of them before they run."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass, replace
from string import Template
from typing import TYPE_CHECKING, Any

from harness import apps
from harness.places import CACHE, ROOT, TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from harness.apps import App

_BENCH = TEMPLATES / "bench"


@dataclass(frozen=True)
class Contestant:
    """A framework: its template, and the minimal application beside it."""

    id: str
    title: str
    stack: str
    language: Sequence[str]
    """Prints the version of the language."""
    locks: Sequence[Path]
    """Name the versions of the libraries."""
    libraries: Mapping[str, str]
    """What the locks call them, by the names that they are known by."""
    sources: Sequence[str]
    """Files and folders whose lines are counted, as git takes them, and after `:!` those whose lines are not."""
    ships: Sequence[Path]
    """What a container image holds of the application, besides its libraries."""
    installed: Sequence[Path]
    """Where the libraries of each lock lie that are shipped beside it; empty where they are compiled in."""
    full: App
    minimal: App


def contestants(wanted: Collection[str]) -> list[Contestant]:
    """Return those of some names, or all, in the order of the file."""
    entries = tomllib.loads((_BENCH / "contestants.toml").read_text(encoding="utf-8"))
    return [_contestant(name, entry) for name, entry in entries.items() if name in (wanted or entries)]


def build(contestant: Contestant) -> None:
    """Build both applications, the minimal one from a copy, so that nothing is left in the repository."""
    apps.build(contestant.full)
    copy = contestant.minimal.folder
    shutil.copytree(_BENCH / "minimal" / copy.name, copy, dirs_exist_ok=True)
    if contestant.stack == "node":  # it looks for libraries beside a module, then one folder above, and so on
        for folder, modules in zip((copy, *copy.parents), contestant.installed, strict=False):
            _link(folder / "node_modules", modules)
    apps.build(contestant.minimal)


def _link(link: Path, target: Path) -> None:
    if not link.is_symlink():
        link.symlink_to(target)


def _contestant(name: str, entry: Mapping[str, Any]) -> Contestant:
    full = replace(apps.read(entry["app"]), name=f"bench/{name}", **entry.get("template", {}))
    full.cache.mkdir(parents=True, exist_ok=True)
    ships = (Template(path).substitute(full.environment) for path in entry["ships"])
    return Contestant(
        id=name,
        title=entry["title"],
        stack=entry["stack"],
        language=entry["language"],
        locks=[TEMPLATES / path for path in entry["locks"]],
        libraries=entry["libraries"],
        sources=entry["sources"],
        ships=[full.folder / path for path in ships],
        installed=[TEMPLATES / path for path in entry.get("installed", ())],
        full=full,
        minimal=_minimal(name, full, entry["minimal"]),
    )


def _minimal(name: str, full: App, entry: Mapping[str, Any]) -> App:
    label = f"bench/{name}-minimal"
    cache = CACHE / label
    cache.mkdir(parents=True, exist_ok=True)
    places = {"cache": str(cache), "root": str(ROOT)}
    given = {key: value.format_map(places) for key, value in entry.get("environment", {}).items()}
    return replace(
        full,
        name=label,
        folder=cache / entry["folder"],
        build=entry["build"],
        api=[word.format_map(places) for word in entry["api"]],
        environment={**full.environment, **given},
    )
